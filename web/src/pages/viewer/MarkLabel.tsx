import { useLayoutEffect, useRef } from "react";

import { ClassName } from "../../components/ClassName";
import { percent } from "../../components/numbers";
import type { Shown } from "./MarkShapes";
import { toFrame, type ViewStore } from "./view";
import classes from "./MarkLabel.module.css";

/** Class and confidence at the corner of one annotation, as large at any zoom. */
export function MarkLabel({ mark, view }: { mark: Shown; view: ViewStore }) {
  const label = useRef<HTMLDivElement>(null);
  const { x, y, height } = mark.box;
  useLayoutEffect(() => {
    const place = () => {
      const element = label.current;
      if (element === null) return;
      const top = toFrame(view.view, { x, y });
      const bottom = toFrame(view.view, { x, y: y + height });
      const above = top.y - element.offsetHeight - 6;
      const left = Math.min(Math.max(top.x, 4), Math.max(view.frame.width - element.offsetWidth - 4, 4));
      const at = above >= 4 ? above : Math.min(bottom.y + 6, view.frame.height - element.offsetHeight - 4);
      element.style.transform = `translate(${left}px, ${at}px)`;
    };
    place();
    return view.subscribe(place);
  }, [view, x, y, height, mark]);
  return (
    <div ref={label} className={classes.label} aria-hidden>
      <ClassName name={mark.weedType} detail={mark.confidence == null ? undefined : percent(mark.confidence)} />
      {mark.pending && <span className={classes.pending}>to review</span>}
    </div>
  );
}
