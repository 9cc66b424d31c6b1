import { expect, test } from "vitest";

import { stepsOf, treeOf } from "./lineageTree";

const from = (parentId: string | null, id: string) => ({ id, parentId });

test("a chain is one row, a second child opens a row of its own", () => {
  const places = treeOf([from(null, "a"), from("a", "b"), from("b", "c"), from("a", "d"), from("d", "e")]);
  expect(places.map(({ id, column, row }) => [id, column, row])).toEqual([
    ["a", 0, 0],
    ["b", 1, 0],
    ["c", 2, 0],
    ["d", 1, 1],
    ["e", 2, 1],
  ]);
});

test("no two models share a place, and a model whose parent is not there begins a row", () => {
  const places = treeOf([from(null, "a"), from("gone", "b"), from("a", "c"), from("a", "d"), from("b", "e")]);
  expect(new Set(places.map(({ column, row }) => `${column}/${row}`)).size).toBe(5);
  expect(places.find(({ id }) => id === "b")).toMatchObject({ column: 0, parentId: null });
});

test("versions and models take turns from left to right, and trainings on one version from one model share it", () => {
  const { steps, ancestry } = stepsOf([
    { id: "a", parentId: null, version: 1 },
    { id: "b", parentId: "a", version: 2 },
    { id: "c", parentId: "a", version: 2 },
    { id: "d", parentId: null, version: 1 },
    { id: "e", parentId: null, version: null },
  ]);
  expect(steps.map(({ version, parentId }) => [version, parentId])).toEqual([
    [1, null],
    [2, "a"],
    [null, null],
  ]);
  const places = new Map(treeOf(ancestry).map((place) => [place.id, place]));
  expect(["a", "b", "c", "d", "e"].map((id) => places.get(id)?.column)).toEqual([1, 3, 3, 1, 1]);
  expect(new Set(["a", "b", "c", "d", "e"].map((id) => `${places.get(id)?.column}/${places.get(id)?.row}`)).size).toBe(5);
});

test("a model whose parent is on another page hangs from its version alone", () => {
  const { ancestry } = stepsOf([{ id: "b", parentId: "older", version: 2 }]);
  expect(treeOf(ancestry)).toMatchObject([{ column: 0, parentId: null }, { id: "b", column: 1 }]);
});
