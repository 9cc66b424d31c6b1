import type { EvaluationStatus, Split } from "../../../api/generated/graphql";

interface Model {
  metrics?: { mAP50: number } | null;
  evaluations: readonly {
    split: Split;
    status: EvaluationStatus;
    metrics?: { mAP50: number } | null;
    version: { id: string };
  }[];
}

interface Version {
  id: string;
  splitCounts: { val: number; test: number };
}

/** A model's figure on its version: on the test split where it was evaluated there, else the training's own, on val. */
export function measured(model: Model, version: Version): { value: number | undefined; split: "test" | "val"; images: number } {
  const onTest = model.evaluations.find(
    (one) => one.status === "COMPLETED" && one.split === "TEST" && one.version.id === version.id,
  )?.metrics;
  return onTest
    ? { value: onTest.mAP50, split: "test", images: version.splitCounts.test }
    : { value: model.metrics?.mAP50, split: "val", images: version.splitCounts.val };
}
