import { memo } from "react";

import { useClassColours } from "../../components/ClassName";
import { percent } from "../../components/numbers";
import type { Outline } from "./geometry";
import classes from "./MarkShapes.module.css";

/** What is drawn on the picture: an annotation, or one that waits for review. */
export interface Shown extends Outline {
  key: string;
  weedType: string;
  confidence?: number | null;
  pending?: boolean;
}

/** As it is read aloud: `wattle, box, 83.0 %, waits for review`. */
export function nameOf({ weedType, polygon, confidence, pending }: Shown): string {
  const parts = [weedType, polygon ? "polygon" : "box"];
  if (confidence != null) parts.push(percent(confidence));
  if (pending) parts.push("waits for review");
  return parts.join(", ");
}

/** Strokes that stay 2 pixels wide at any zoom; which one a pointer is on is worked out by the gestures. */
export const MarkShapes = memo(function MarkShapes({
  shown,
  lifted,
  selected,
  hovered,
  faint,
  quiet,
  onSelect,
}: {
  shown: readonly Shown[];
  /** The one that is being dragged, and drawn elsewhere. */
  lifted: string | null;
  selected: string | null;
  hovered: string | null;
  /** What was reviewed steps back. */
  faint: boolean;
  /** While one draws, the keyboard does not stop at each. */
  quiet: boolean;
  onSelect: (key: string) => void;
}) {
  const colourOf = useClassColours();
  return shown.map(
    (mark) =>
      mark.key !== lifted && (
        <MarkShape
          key={mark.key}
          mark={mark}
          colour={colourOf(mark.weedType)}
          selected={mark.key === selected}
          hovered={mark.key === hovered}
          faint={faint && !mark.pending}
          quiet={quiet}
          onSelect={onSelect}
        />
      ),
  );
});

const MarkShape = memo(function MarkShape({
  mark,
  colour,
  selected,
  hovered,
  faint,
  quiet,
  onSelect,
}: {
  mark: Shown;
  colour: string;
  selected: boolean;
  hovered: boolean;
  faint: boolean;
  quiet: boolean;
  onSelect: (key: string) => void;
}) {
  return (
    <g
      role="button"
      tabIndex={quiet ? -1 : 0}
      aria-label={nameOf(mark)}
      aria-pressed={selected}
      className={classes.mark}
      data-selected={selected || undefined}
      data-hovered={hovered || undefined}
      data-faint={faint || undefined}
      data-pending={mark.pending || undefined}
      onFocus={() => onSelect(mark.key)}
      style={{ color: colour }}
    >
      <OutlineShape outline={mark} className={classes.halo} />
      <OutlineShape outline={mark} className={classes.stroke} />
    </g>
  );
});

export function OutlineShape({ outline, className }: { outline: Outline; className?: string }) {
  const { box, polygon } = outline;
  if (polygon) return <polygon points={polygon.map(({ x, y }) => `${x},${y}`).join(" ")} className={className} />;
  return <rect x={box.x} y={box.y} width={box.width} height={box.height} className={className} />;
}
