import { count } from "../../../components/numbers";
import type { Preview } from "./useVersionPreview";

/** `1,305 / 245 / 82 images`, with a word where they are estimated. */
export function splitPreview({ splitCounts, warnings }: Pick<Preview, "splitCounts" | "warnings">): string {
  const { train, val, test } = splitCounts;
  const about = warnings.some(({ code }) => code === "ESTIMATED_SPLITS") ? "about " : "";
  return `${about}${count(train)} / ${count(val)} / ${count(test)} images`;
}
