import { useCallback, useRef, useState } from "react";

import type { ImageTile } from "./imageTile";

export interface Selection {
  ids: ReadonlySet<string>;
  /** Takes one in or out; with `range` all between it and the one before. */
  toggle: (id: string, range: boolean) => void;
  replace: (ids: Iterable<string>) => void;
  clear: () => void;
}

/** Which of the images are chosen; those that are gone are chosen no longer. */
export function useSelection(tiles: readonly ImageTile[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const anchor = useRef<string | null>(null);
  const order = useRef(tiles);
  order.current = tiles;
  const toggle = useCallback((id: string, range: boolean) => {
    const from = range && anchor.current !== null ? order.current.findIndex((tile) => tile.id === anchor.current) : -1;
    const to = order.current.findIndex((tile) => tile.id === id);
    anchor.current = id;
    setChosen((before) => {
      const next = new Set(before);
      if (from >= 0) {
        for (const tile of order.current.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(tile.id);
      } else if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const replace = useCallback((ids: Iterable<string>) => setChosen(new Set(ids)), []);
  const clear = useCallback(() => setChosen(new Set()), []);
  return { ids: chosen, toggle, replace, clear };
}
