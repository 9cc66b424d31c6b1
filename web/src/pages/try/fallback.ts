import type { FallbackReason } from "../../api/generated/graphql";

/** Why the local backend did not answer, as people say it. */
export const FALLBACK_WORDS: Record<FallbackReason, string> = {
  GPU_HELD_BY_TRAINING: "Not local: a training has the GPU.",
  GPU_HELD_BY_SAM3: "Not local: SAM3 has the GPU.",
  NO_WORKER: "Not local: no GPU host answers.",
  TIMEOUT: "Not local: the GPU host took too long.",
  MODEL_UNAVAILABLE: "Not local: the model could not be loaded.",
  ERROR: "Not local: the GPU host failed.",
};
