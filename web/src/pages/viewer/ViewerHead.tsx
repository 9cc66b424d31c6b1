import { Modal } from "@mantine/core";
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import type { ReactNode } from "react";

import { ToolButton } from "./Toolbar";
import classes from "./Viewer.module.css";

/** The viewer's bar: what is shown, what can be done with it, the way on and out. */
export function ViewerHead({
  title,
  go,
  canGo,
  close,
  children,
}: {
  title: string;
  go: (by: 1 | -1) => void;
  canGo: { next: boolean; previous: boolean };
  close: () => void;
  children?: ReactNode;
}) {
  return (
    <div className={classes.head}>
      <ToolButton icon={X} label="Close" hotkey="Esc" onClick={close} />
      <Modal.Title className={classes.title} title={title}>
        {title}
      </Modal.Title>
      {children}
      {(canGo.next || canGo.previous) && (
        <span className={classes.way}>
          <ToolButton icon={ChevronLeft} label="Previous image" hotkey="k" disabled={!canGo.previous} onClick={() => go(-1)} />
          <ToolButton icon={ChevronRight} label="Next image" hotkey="j" disabled={!canGo.next} onClick={() => go(1)} />
        </span>
      )}
    </div>
  );
}
