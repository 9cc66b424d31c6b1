import { expect, test } from "vitest";

import { commandOf } from "./keys";

const press = (key: string, held: Partial<Record<"shiftKey" | "ctrlKey" | "metaKey" | "altKey", boolean>> = {}) =>
  commandOf({ key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...held });

test("undo and redo, as everywhere and with the plain letter", () => {
  expect(press("z")).toEqual({ kind: "undo" });
  expect(press("z", { metaKey: true })).toEqual({ kind: "undo" });
  expect(press("Z", { shiftKey: true })).toEqual({ kind: "redo" });
});

test("the browser keeps its own shortcuts", () => {
  expect(press("a", { ctrlKey: true })).toBeNull();
  expect(press("1", { altKey: true })).toBeNull();
  expect(press("-", { ctrlKey: true })).toBeNull();
});

test("numbers are classes, arrows are pixels", () => {
  expect(press("9")).toEqual({ kind: "class", index: 8 });
  expect(press("ArrowUp", { shiftKey: true })).toEqual({ kind: "step", dx: 0, dy: -10 });
  expect(press("0")).toEqual({ kind: "fit" });
});
