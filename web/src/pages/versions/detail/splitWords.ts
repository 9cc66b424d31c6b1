import type { Split } from "../../../api/generated/graphql";

export const SPLITS = ["TRAIN", "VAL", "TEST"] as const satisfies readonly Split[];

const WORDS: Record<Split, string> = { TRAIN: "Train", VAL: "Val", TEST: "Test" };

export function splitWord(split: Split): string {
  return WORDS[split];
}
