import { expect, test } from "vitest";

import { History } from "./history";
import { drawn } from "./marks";

const mark = (key: string, x: number) => drawn(key, "wattle", { box: { x, y: 0, width: 5, height: 5 }, polygon: null });

test("undo takes back in reverse order, and redo does it again", () => {
  const history = new History();
  const [a, b] = [mark("a", 0), mark("a", 9)];
  history.record({ key: "a", before: null, after: a });
  history.record({ key: "a", before: a, after: b });
  expect(history.undo()).toEqual({ key: "a", before: b, after: a });
  expect(history.undo()).toEqual({ key: "a", before: a, after: null });
  expect(history.undo()).toBeNull();
  expect(history.redo()).toEqual({ key: "a", before: null, after: a });
  expect(history.redo()).toEqual({ key: "a", before: a, after: b });
  expect(history.redo()).toBeNull();
});

test("something new ends what could be redone", () => {
  const history = new History();
  history.record({ key: "a", before: null, after: mark("a", 0) });
  history.undo();
  history.record({ key: "b", before: null, after: mark("b", 0) });
  expect(history.canRedo).toBe(false);
  expect(history.redo()).toBeNull();
});

test("steps of an arrow key are one, until one waits or takes another mark", () => {
  const history = new History();
  const steps = [0, 1, 2, 3].map((x) => mark("a", x));
  const nudge = (from: number, to: number, at: number) =>
    history.record({ key: "a", before: steps[from] ?? null, after: steps[to] ?? null }, { nudge: true, at });
  nudge(0, 1, 1_000);
  nudge(1, 2, 1_300);
  nudge(2, 3, 9_000);
  expect(history.undo()).toMatchObject({ before: steps[3], after: steps[2] });
  expect(history.undo()).toMatchObject({ before: steps[2], after: steps[0] });
  expect(history.canUndo).toBe(false);
});

test("a step after an undo is its own", () => {
  const history = new History();
  const [a, b, c] = [mark("a", 0), mark("a", 1), mark("a", 2)];
  history.record({ key: "a", before: a, after: b }, { nudge: true, at: 100 });
  history.record({ key: "a", before: b, after: c }, { at: 150 });
  history.undo();
  history.record({ key: "a", before: b, after: c }, { nudge: true, at: 200 });
  expect(history.undo()).toMatchObject({ after: b });
  expect(history.undo()).toMatchObject({ after: a });
});
