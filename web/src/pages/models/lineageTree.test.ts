import { expect, test } from "vitest";

import { treeOf } from "./lineageTree";

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
