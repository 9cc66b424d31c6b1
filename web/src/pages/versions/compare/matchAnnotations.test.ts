import { expect, test } from "vitest";

import { matchAnnotations, type FrozenAnnotation } from "./matchAnnotations";

function box(id: string, x: number, more: Partial<FrozenAnnotation> = {}): FrozenAnnotation {
  return { id, weedType: "wattle", box: { x, y: 0, width: 10, height: 10 }, source: "MANUAL", verified: true, ...more };
}

const bold = (all: { id: string; weight: string }[]) => all.filter((one) => one.weight === "bold").map((one) => one.id);

function changes(before: FrozenAnnotation[], after: FrozenAnnotation[]) {
  const matched = matchAnnotations(before, after);
  return [bold(matched.before), bold(matched.after)];
}

test("what stayed is faint on both sides", () => {
  expect(changes([box("a", 1)], [box("a", 1)])).toEqual([[], []]);
});

test("the same id with other content has changed on both sides", () => {
  expect(changes([box("a", 1)], [box("a", 2)])).toEqual([["a"], ["a"]]);
  expect(changes([box("a", 1)], [box("a", 1, { weedType: "pine" })])).toEqual([["a"], ["a"]]);
  expect(changes([box("a", 1)], [box("a", 1, { verified: false })])).toEqual([["a"], ["a"]]);
});

test("an outline counts as content", () => {
  const polygon = [{ x: 0, y: 0 }];
  expect(changes([box("a", 1)], [box("a", 1, { polygon })])).toEqual([["a"], ["a"]]);
  expect(changes([box("a", 1, { polygon })], [box("a", 1, { polygon: [{ x: 0, y: 0 }] })])).toEqual([[], []]);
});

test("added and removed ones are bold where they are", () => {
  expect(changes([box("a", 1), box("b", 2)], [box("b", 2), box("c", 3)])).toEqual([["a"], ["c"]]);
});

test("a box that was drawn again exactly is no change", () => {
  expect(changes([box("a", 1)], [box("b", 1)])).toEqual([[], []]);
});

test("equal content is matched one to one", () => {
  expect(changes([box("a", 1)], [box("b", 1), box("c", 1)])).toEqual([[], ["c"]]);
  expect(changes([box("a", 1), box("b", 1)], [box("c", 1)])).toEqual([["b"], []]);
});

test("an annotation that is matched by its id is not matched by its content too", () => {
  expect(changes([box("a", 1)], [box("a", 2), box("b", 1)])).toEqual([["a"], ["a", "b"]]);
});
