import { expect, test } from "vitest";

import { classColours, PALETTE } from "./classColours";

const names = ["pine_sapling", "wattle", "car", "bus", "truck", "oil-palm", "Tree", "Dead", "Alive", "minibus"];

test("as many classes as there are colours each have one of their own", () => {
  const twelve = [...names, "gorse", "bramble"];
  const colourOf = classColours(twelve);
  expect(new Set(twelve.map(colourOf)).size).toBe(PALETTE.length);
});

test("the order in which the classes come says nothing", () => {
  const [there, back] = [classColours(names), classColours(names.toReversed())];
  for (const name of names) expect(back(name)).toBe(there(name));
});

test("a class alone has the colour that it has beside others, unless one of those has its place", () => {
  const colourOf = classColours(names);
  const kept = names.filter((name) => classColours([name])(name) === colourOf(name));
  expect(kept.length).toBeGreaterThan(names.length / 2);
});

test("more classes than colours, and a class that nobody listed, have a colour of the palette too", () => {
  const many = Array.from({ length: 40 }, (_, index) => `class ${index}`);
  const colourOf = classColours(many);
  for (const name of [...many, "unlisted"]) expect(PALETTE).toContain(colourOf(name));
});
