import { expect, test } from "vitest";

import { share, steps } from "./creation";

const states = (stage: Parameters<typeof steps>[0]) => steps(stage).map((step) => step.state);

test("a version that waits has begun no stage", () => {
  expect(states("QUEUED")).toEqual(["ahead", "ahead", "ahead", "ahead"]);
});

test("what is before the stage is done, what is behind it is ahead", () => {
  expect(states("FREEZING")).toEqual(["done", "current", "ahead", "ahead"]);
});

test("a version that is ready has done everything", () => {
  expect(states("READY")).toEqual(["done", "done", "done", "done"]);
});

test("a share needs something to count, and is never more than all", () => {
  expect(share(0, 0)).toBeNull();
  expect(share(3, 4)).toBe(75);
  expect(share(5, 4)).toBe(100);
});
