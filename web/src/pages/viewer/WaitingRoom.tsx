import type { ReactNode, RefObject } from "react";

import { useCommands } from "./useViewerKeys";
import { ViewerHead } from "./ViewerHead";
import classes from "./Viewer.module.css";

/** The viewer while it has no image to show: it can be closed and gone on from, by keys too. */
export function WaitingRoom({
  layer,
  close,
  go,
  canGo,
  children,
}: {
  layer: RefObject<HTMLElement | null>;
  close: () => void;
  go: (by: 1 | -1) => void;
  canGo: { next: boolean; previous: boolean };
  children: ReactNode;
}) {
  useCommands(layer, (command) => {
    if (command.kind === "leave") close();
    else if (command.kind === "go") go(command.by);
    else return false;
    return true;
  });
  return (
    <>
      <ViewerHead title="Image" close={close} go={go} canGo={canGo} />
      <div className={classes.wait}>{children}</div>
    </>
  );
}
