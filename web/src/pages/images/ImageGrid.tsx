import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useMediaQuery } from "@mantine/hooks";

import { ImageTileView } from "./ImageTileView";
import { aspect, type ImageTile } from "./imageTile";
import { justify } from "./justified";
import { usePlace } from "./usePlace";
import classes from "./ImageGrid.module.css";

const GAP = 8;
const ROW = 190;
/** The header and the tabs, which stay where they are. */
const BARS = 120;
/** So far ahead of what is in sight the next page is asked for. */
const AHEAD = 4_000;

interface Props {
  tiles: readonly ImageTile[];
  total: number;
  /** Where the link of a tile leads to. */
  href: (id: string) => string;
  outdated: boolean;
  selectable: boolean;
  selected: ReadonlySet<string>;
  onSelect: (id: string, range: boolean) => void;
  onNearEnd: () => void;
  /** A thumbnail could not be loaded: its address has probably ended. */
  onStale: () => void;
  /** So many images are in sight or above. */
  onSeen: (count: number) => void;
  /** The image to come back to. */
  lastSeen: string | null;
}

/** Thumbnails in rows from edge to edge; only those near the window are on the page. */
export function ImageGrid(props: Props) {
  const { tiles, total, href, outdated, selectable, selected, onSelect, onNearEnd, onStale, onSeen, lastSeen } = props;
  const list = useRef<HTMLUListElement>(null);
  const { top, width } = usePlace(list);
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  const rows = useMemo(
    () => justify(tiles.map(aspect), { width, gap: GAP, height: ROW, columns: phone ? 2 : null }),
    [tiles, width, phone],
  );
  // oxlint-disable-next-line react/incompatible-library -- nothing of it is passed on
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => (rows[index]?.height ?? ROW) + GAP,
    scrollMargin: top,
    overscan: 4,
    scrollPaddingStart: BARS,
    scrollPaddingEnd: GAP,
    useFlushSync: false,
  });
  useLayoutEffect(() => virtual.measure(), [rows, virtual]);

  const visible = virtual.getVirtualItems();
  const height = virtual.getTotalSize();
  const lastRow = rows[visible.at(-1)?.index ?? -1];
  const seen = lastRow ? lastRow.first + lastRow.widths.length : 0;
  const isNearEnd = (visible.at(-1)?.end ?? top) - top + AHEAD > height;
  useEffect(() => {
    onSeen(seen);
  }, [onSeen, seen]);
  useEffect(() => {
    if (isNearEnd && !outdated && width > 0) onNearEnd();
  }, [isNearEnd, outdated, width, tiles, onNearEnd]);

  const scrollTo = useRef(virtual.scrollToIndex);
  const latestRows = useRef(rows);
  useEffect(() => {
    latestRows.current = rows;
  });
  const place = lastSeen === null ? -1 : tiles.findIndex(({ id }) => id === lastSeen);
  useEffect(() => {
    if (place < 0) return;
    const row = latestRows.current.findLastIndex(({ first }) => first <= place);
    scrollTo.current(row, { align: "auto" });
  }, [place]);

  return (
    <ul
      ref={list}
      className={classes.grid}
      style={{ height }}
      data-outdated={outdated || undefined}
      data-selecting={selected.size > 0 || undefined}
      aria-label="Images"
    >
      {visible.flatMap(({ index, start }) => {
        const row = rows[index];
        if (!row) return [];
        return row.widths.map((tileWidth, column) => {
          const tile = tiles[row.first + column];
          return (
            tile && (
              <ImageTileView
                key={tile.id}
                tile={tile}
                left={row.lefts[column] ?? 0}
                top={start - top}
                width={tileWidth}
                height={row.height}
                position={row.first + column + 1}
                total={total}
                href={href(tile.id)}
                selectable={selectable}
                selected={selected.has(tile.id)}
                onSelect={onSelect}
                onStale={onStale}
              />
            )
          );
        });
      })}
    </ul>
  );
}
