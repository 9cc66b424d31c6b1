import { useState } from "react";

import { newKey } from "../../api/idempotencyKey";
import type { Desk } from "./desk";
import { boxAround, isTooSmall, moved, outlineOf, type Outline, type Point, type Size } from "./geometry";
import { drawn, type Mark } from "./marks";
import type { Tool } from "./pictureGestures";
import type { Sheet, SheetState } from "./sheet";
import type { ViewStore } from "./view";

/** What a person does to one image's annotations: tools, selection, and the changes that come of them. */
export function useEditor(desk: Desk, sheet: Sheet, state: SheetState, size: Size, view: ViewStore, weedType: string | null) {
  const [tool, setTool] = useState<Tool>("select");
  const [selected, setSelected] = useState<string | null>(null);
  const [hovered, setHovered] = useState<string | null>(null);
  const [corners, setCorners] = useState<readonly Point[]>([]);
  const mark = state.marks.find(({ key }) => key === selected) ?? null;
  const pendingAt = (key: string | null) => state.pending.find((one) => one.key === key) ?? null;
  const pending = pendingAt(selected) ?? pendingAt(hovered);

  const change = (before: Mark, after: Mark, nudge = false) => desk.do(sheet, { key: before.key, before, after }, { nudge });
  const draw = (outline: Outline) => {
    if (weedType === null) return;
    const made = drawn(newKey(), weedType, outline);
    desk.do(sheet, { key: made.key, before: null, after: made });
    setSelected(made.key);
  };
  const select = (key: string | null, { show = false } = {}) => {
    setSelected(key);
    const found = [...state.marks, ...state.pending].find((one) => one.key === key);
    if (show && found) view.show(found.box);
  };
  const reviewed = (accept: boolean, keys: readonly string[]) => desk.decide(sheet, keys, accept ? "ACCEPT" : "REJECT");

  return {
    tool,
    selected,
    hovered,
    corners,
    mark,
    pending,
    select,
    setHovered,
    reviewed,
    draw,
    take(next: Tool) {
      setTool(next);
      setCorners([]);
      setHovered(null);
      if (next !== "select") setSelected(null);
    },
    addCorner: (point: Point) => setCorners([...corners, point]),
    finish() {
      const outline = outlineOf(distinct(corners), size);
      setCorners([]);
      if (corners.length > 2 && outline.polygon && outline.polygon.length > 2 && !isTooSmall(boxAround(outline.polygon))) draw(outline);
    },
    reshape(key: string, outline: Outline) {
      const before = state.marks.find((one) => one.key === key);
      if (before) change(before, { ...before, ...outline });
    },
    relabel(name: string, of: Mark | null = mark) {
      if (of && of.weedType !== name) change(of, { ...of, weedType: name });
    },
    step(dx: number, dy: number) {
      if (mark) change(mark, { ...mark, ...moved(mark, dx, dy, size) }, true);
    },
    remove(of: Mark | null = mark) {
      if (!of) return;
      desk.do(sheet, { key: of.key, before: of, after: null });
      if (of.key === selected) setSelected(null);
    },
    undo: () => desk.undo(sheet),
    redo: () => desk.redo(sheet),
    /** Decides on the pending one that is meant, and goes to the next; without one, that is the first. */
    decide(accept: boolean, key: string | null = pending?.key ?? null) {
      const at = state.pending.findIndex((one) => one.key === key);
      if (key === null || at < 0) return select(state.pending[0]?.key ?? null, { show: true });
      const next = state.pending[at + 1] ?? state.pending[at - 1] ?? null;
      reviewed(accept, [key]);
      select(next?.key ?? null, { show: true });
    },
    /** One step back: the polygon, the tool, the selection. False when there is nothing to let go of. */
    letGo(): boolean {
      if (corners.length) setCorners([]);
      else if (tool !== "select") setTool("select");
      else if (selected !== null) setSelected(null);
      else return false;
      return true;
    },
    reset() {
      setSelected(null);
      setHovered(null);
      setCorners([]);
    },
  };
}

export type Editor = ReturnType<typeof useEditor>;

/** A double-click closes the polygon, and sets its last corner twice. */
function distinct(corners: readonly Point[]): Point[] {
  return corners.filter(({ x, y }, index) => {
    const before = corners[index - 1];
    return before === undefined || Math.hypot(before.x - x, before.y - y) > 1;
  });
}
