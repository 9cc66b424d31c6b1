import { expect, test } from "vitest";

import { counted, duration, percent, size } from "./numbers";

test.each([
  [0, "0 images"],
  [1, "1 image"],
  [1632, "1,632 images"],
])("%d is said as %s", (value, words) => expect(counted(value, "image")).toBe(words));

test("a plural of its own", () => {
  expect(counted(2, "class", "classes")).toBe("2 classes");
});

test.each([
  [0.841, "84.1 %"],
  [0, "0.0 %"],
  [1, "100.0 %"],
  [null, "–"],
  [undefined, "–"],
])("%s as a share is %s", (fraction, words) => expect(percent(fraction)).toBe(words));

test.each([
  [900, "0.9 kB"],
  [99_940, "99.9 kB"],
  [5_428_698, "5.4 MB"],
  [999_940_000, "999.9 MB"],
  [999_960_000, "1.0 GB"],
  [16_000_000_000, "16.0 GB"],
  [null, "–"],
])("%s bytes are %s", (bytes, words) => expect(size(bytes)).toBe(words));

test.each([
  [0.4, "0 s"],
  [59.4, "59 s"],
  [59.6, "1 min"],
  [3_570, "1 h"],
  [7_500, "2 h 5 min"],
  [7_199, "2 h"],
])("%d seconds are %s", (seconds, words) => expect(duration(seconds)).toBe(words));
