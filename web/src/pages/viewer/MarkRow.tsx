import { Text, VisuallyHidden } from "@mantine/core";
import { memo, type ReactNode } from "react";

import { ClassName } from "../../components/ClassName";
import { percent } from "../../components/numbers";
import type { Shown } from "./MarkShapes";
import classes from "./panel.module.css";

/** One annotation of a list: pointing at it shows it on the picture, a click selects it there. */
export const MarkRow = memo(function MarkRow({
  mark,
  selected,
  hovered,
  onSelect,
  onHover,
  named = false,
  detail,
  children,
}: {
  mark: Shown;
  selected: boolean;
  hovered: boolean;
  onSelect: (key: string) => void;
  onHover: (key: string | null) => void;
  /** With its class, where the list has several. */
  named?: boolean;
  detail?: string;
  children?: ReactNode;
}) {
  const { width, height } = mark.box;
  const extent = `${Math.round(width)} × ${Math.round(height)} px`;
  return (
    <li className={classes.row} data-selected={selected || undefined} data-hovered={hovered || undefined}>
      <button
        type="button"
        onMouseEnter={() => onHover(mark.key)}
        onMouseLeave={() => onHover(null)}
        className={classes.pick}
        aria-pressed={selected}
        onClick={() => onSelect(mark.key)}
      >
        <span className={classes.what}>
          {named ? <ClassName name={mark.weedType} /> : <Text span size="sm">{mark.polygon ? "Polygon" : "Box"}</Text>}
          {!named && <VisuallyHidden>of {mark.weedType}, </VisuallyHidden>}
          <Text span size="xs" c="dimmed" truncate>
            {detail ?? extent}
          </Text>
        </span>
        {mark.confidence != null && (
          <Text span size="sm" className={classes.confidence}>
            {percent(mark.confidence)}
          </Text>
        )}
      </button>
      {children}
    </li>
  );
});
