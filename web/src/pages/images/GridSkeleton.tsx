import { Skeleton } from "@mantine/core";

import classes from "./GridSkeleton.module.css";

const WIDTHS = [1.33, 1.78, 1, 1.33, 1.5, 1, 1.33, 1.78, 1, 1.5, 1.33, 1];

/** Rows of pictures that are still to come. */
export function GridSkeleton() {
  return (
    <div className={classes.grid} role="status" aria-label="Images are being read">
      {WIDTHS.map((width, index) => (
        <Skeleton key={index} height={190} radius="sm" style={{ flex: `${width} 1 ${width * 190}px` }} />
      ))}
    </div>
  );
}
