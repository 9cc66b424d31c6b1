import type { VersionStage } from "../../../api/generated/graphql";

export interface Step {
  stage: VersionStage;
  label: string;
  state: "done" | "current" | "ahead";
}

const STEPS: [stage: VersionStage, label: string][] = [
  ["SELECTING", "Selecting"],
  ["FREEZING", "Freezing"],
  ["UPLOADING", "Uploading"],
  ["READY", "Ready"],
];

/** The stages of a version that is made, as seen from the one it is in: none is begun while it waits. */
export function steps(stage: VersionStage): Step[] {
  const at = STEPS.findIndex(([name]) => name === stage);
  return STEPS.map(([name, label], index) => ({
    stage: name,
    label,
    state: index < at || stage === "READY" ? "done" : index === at ? "current" : "ahead",
  }));
}

/** Of the stage alone, 0..100; null where nothing can be counted. */
export function share(done: number, total: number): number | null {
  return total > 0 ? Math.min((100 * done) / total, 100) : null;
}
