import { expect, test } from "vitest";

import { measured } from "./measured";

const version = { id: "v", splitCounts: { val: 8, test: 4 } };
const onTest = { split: "TEST", status: "COMPLETED", metrics: { mAP50: 0.7 }, version: { id: "v" } } as const;

test("the test split's figure is the one to show", () => {
  const model = { metrics: { mAP50: 0.9 }, evaluations: [onTest] };
  expect(measured(model, version)).toEqual({ value: 0.7, split: "test", images: 4 });
});

test("until there is one, or where it is another version's, the training's own on val", () => {
  const others = [
    { ...onTest, version: { id: "other" } },
    { ...onTest, status: "RUNNING", metrics: null },
    { ...onTest, split: "VAL" },
  ] as const;
  expect(measured({ metrics: { mAP50: 0.9 }, evaluations: others }, version)).toEqual({ value: 0.9, split: "val", images: 8 });
});
