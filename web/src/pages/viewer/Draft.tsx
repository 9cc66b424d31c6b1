import { handleAt, HANDLES, type Outline, type Point } from "./geometry";
import { OutlineShape, type Shown } from "./MarkShapes";
import type { Live } from "./pictureGestures";
import classes from "./Draft.module.css";

/** What is being drawn or dragged, or the handles of what is selected. */
export function Draft({
  live,
  current,
  editable,
  corners,
  to,
  colourOf,
  weedType,
}: {
  live: Live | null;
  current: Shown | null;
  editable: boolean;
  corners: readonly Point[];
  /** Where the pointer is, to which the polygon's next side goes. */
  to: Point | null;
  colourOf: (name: string) => string;
  weedType: string;
}) {
  if (live) {
    return (
      <g className={classes.live} style={{ color: colourOf(live.weedType ?? weedType) }}>
        <OutlineShape outline={live.outline} className={classes.stroke} />
        {live.key !== null && <Handles outline={live.outline} />}
      </g>
    );
  }
  if (corners.length) {
    return (
      <g className={classes.live} style={{ color: colourOf(weedType) }}>
        <polyline
          className={classes.stroke}
          points={[...corners, ...(to ? [to] : [])].map(({ x, y }) => `${x},${y}`).join(" ")}
        />
        {corners.map((corner, index) => (
          <Knob key={`${corner.x} ${corner.y}`} at={corner} large={index === 0 && corners.length > 2} />
        ))}
      </g>
    );
  }
  if (!current || !editable || current.pending) return null;
  return (
    <g style={{ color: colourOf(current.weedType) }} aria-hidden>
      <Handles outline={current} />
    </g>
  );
}

function Handles({ outline }: { outline: Outline }) {
  if (outline.polygon) {
    return outline.polygon.map((corner, index) => <Knob key={index} at={corner} />);
  }
  return HANDLES.map((handle) => <Knob key={handle} at={handleAt(outline.box, handle)} />);
}

/** A stroke without length is as large on the screen as it is wide, at any zoom. */
function Knob({ at, large = false }: { at: Point; large?: boolean }) {
  const dot = `M${at.x} ${at.y}h0`;
  return (
    <g data-large={large || undefined} className={classes.knob}>
      <path d={dot} className={classes.rim} />
      <path d={dot} className={classes.core} />
    </g>
  );
}

