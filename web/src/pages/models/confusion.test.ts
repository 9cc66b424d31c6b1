import { expect, test } from "vitest";

import { shownClasses } from "./confusion";

test("a class that was never there and never found is left out, the background stays", () => {
  expect(
    shownClasses([
      [0, 0, 0, 0],
      [0, 6, 0, 2],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
    ]),
  ).toEqual([1, 3]);
});

test("a class that was only found where nothing was, or only missed, is shown", () => {
  expect(
    shownClasses([
      [0, 0, 4],
      [0, 0, 0],
      [0, 3, 0],
    ]),
  ).toEqual([0, 1, 2]);
});
