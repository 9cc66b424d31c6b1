import type { StartingWeights, TrainingJobStatus } from "../../api/generated/graphql";
import { count } from "../../components/numbers";

interface Told {
  status: TrainingJobStatus;
  cancelRequestedAt?: string | null;
  queuePosition?: number | null;
  config: { epochs: number };
}

/** What the status chip says: `Training 12/100`, `Queued (place 2)`. */
export function statusOf(job: Told, done: number): { status: string; word?: string; detail?: string } {
  const { status, cancelRequestedAt, queuePosition, config } = job;
  if (cancelRequestedAt && (status === "RUNNING" || status === "PREPARING" || status === "QUEUED")) {
    return { status: "TRAINING", word: "Cancelling" };
  }
  if (status === "RUNNING") return { status: "TRAINING", detail: `${count(done)}/${count(config.epochs)}` };
  if (status === "QUEUED" && queuePosition) return { status, detail: `(place ${queuePosition})` };
  return { status };
}

/** What it started from, after `from`. */
export function startWords(start: StartingWeights, checkpoint: { name: string } | null | undefined): string {
  if (start === "CHECKPOINT") return checkpoint?.name ?? "a model that is gone";
  return start === "PRETRAINED" ? "COCO pretrained" : "scratch";
}
