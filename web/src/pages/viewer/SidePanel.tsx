import { ChevronDown, ChevronUp } from "lucide-react";
import { useState, type ReactNode } from "react";

import { counted } from "../../components/numbers";
import classes from "./Viewer.module.css";

/** What stands beside the picture; on a phone it folds away below it. */
export function SidePanel({
  phone,
  annotations,
  waiting,
  children,
}: {
  phone: boolean;
  annotations: number;
  waiting: number;
  children: ReactNode;
}) {
  const [unfolded, setUnfolded] = useState(false);
  if (!phone) {
    return (
      <div className={classes.panel} role="region" aria-label="Annotations and facts" tabIndex={0}>
        {children}
      </div>
    );
  }
  const Icon = unfolded ? ChevronDown : ChevronUp;
  return (
    <div className={classes.sheet}>
      <button type="button" className={classes.pull} aria-expanded={unfolded} onClick={() => setUnfolded(!unfolded)}>
        <span>
          {counted(annotations, "annotation")}
          {waiting > 0 && `, ${waiting} to review`}
        </span>
        <Icon size={20} aria-hidden />
      </button>
      {unfolded && (
        <div className={classes.sheetBody} role="region" aria-label="Annotations and facts" tabIndex={0}>
          {children}
        </div>
      )}
    </div>
  );
}
