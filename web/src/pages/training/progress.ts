import type { TrainingEventKind, TrainingJobStatus } from "../../api/generated/graphql";

/** One completed epoch, as the contract's EpochMetrics. */
export interface Epoch {
  epoch: number;
  seconds: number;
  boxLoss?: number | null;
  clsLoss?: number | null;
  dflLoss?: number | null;
  valBoxLoss?: number | null;
  valClsLoss?: number | null;
  valDflLoss?: number | null;
  precision?: number | null;
  recall?: number | null;
  mAP50?: number | null;
  mAP5095?: number | null;
  learningRate?: number | null;
}

export interface TrainingNews {
  cursor: string;
  at: string;
  kind: TrainingEventKind;
  epoch: number;
  batch?: number | null;
  batches?: number | null;
  etaSeconds?: number | null;
  metrics?: Epoch | null;
  message?: string | null;
}

/** What a reading of the job says of how far it is. */
export interface TrainingReading {
  epoch: number;
  etaSeconds?: number | null;
  epochs?: readonly Epoch[];
}

/** How far a training is: what was read of it, and what its stream told since. */
export interface Progress {
  /** Every completed epoch once, in order. The same array until there is another. */
  epochs: readonly Epoch[];
  /** Completed epochs. */
  done: number;
  /** Batches of the epoch that runs. */
  running: { epoch: number; batch: number; batches: number } | null;
  etaSeconds: number | null;
  /** What it does before the first epoch. */
  preparing: string | null;
  /** The newest thing that somebody who waits should know. */
  notice: { at: string; message: string } | null;
  /** How often the job must have been read anew: its status changed, or an epoch is missing. */
  readings: number;
}

export const NOTHING_YET: Progress = {
  epochs: [],
  done: 0,
  running: null,
  etaSeconds: null,
  preparing: null,
  notice: null,
  readings: 0,
};

export type ProgressAction =
  | { type: "read"; job: TrainingReading }
  | { type: "told"; news: TrainingNews };

export function progressReducer(state: Progress, action: ProgressAction): Progress {
  return action.type === "read" ? afterReading(state, action.job) : afterNews(state, action.news);
}

/** A reading has the newest figures of the epochs that it has; the stream may be ahead of it by some. */
function afterReading(state: Progress, job: TrainingReading): Progress {
  const read = job.epochs ?? [];
  const known = new Map([...state.epochs, ...read].map((one) => [one.epoch, one]));
  const same = read.every((one) => state.epochs.some((other) => sameEpoch(one, other)));
  return {
    ...state,
    epochs: same ? state.epochs : inOrder(known),
    done: Math.max(state.done, job.epoch),
    etaSeconds: job.epoch >= state.done ? (job.etaSeconds ?? null) : state.etaSeconds,
  };
}

function afterNews(state: Progress, news: TrainingNews): Progress {
  switch (news.kind) {
    case "BATCH":
      return afterBatch(state, news);
    case "EPOCH":
      return news.metrics ? afterEpoch(state, news, news.metrics) : state;
    case "STATUS":
      return { ...state, ...noted(news), running: null, preparing: null, readings: state.readings + 1 };
    case "LOG":
      return { ...state, ...noted(news) };
  }
}

function afterBatch(state: Progress, { epoch, batch, batches, message }: TrainingNews): Progress {
  if (batch == null || batches == null) return { ...state, preparing: message ?? null };
  return { ...state, running: { epoch, batch, batches }, preparing: null };
}

/** An epoch that is known stays as it is: what the stream repeats is older than what was read. */
function afterEpoch(state: Progress, news: TrainingNews, metrics: Epoch): Progress {
  if (state.epochs.some(({ epoch }) => epoch === metrics.epoch)) return state;
  const known = new Map([...state.epochs, metrics].map((one) => [one.epoch, one]));
  const gap = metrics.epoch > 1 && !known.has(metrics.epoch - 1);
  return {
    ...state,
    epochs: inOrder(known),
    done: Math.max(state.done, metrics.epoch),
    running: state.running && state.running.epoch <= metrics.epoch ? null : state.running,
    preparing: null,
    etaSeconds: news.etaSeconds ?? null,
    readings: state.readings + (gap ? 1 : 0),
  };
}

function noted({ at, message }: TrainingNews): Partial<Progress> {
  return message ? { notice: { at, message } } : {};
}

function inOrder(epochs: Map<number, Epoch>): Epoch[] {
  return [...epochs.values()].toSorted((a, b) => a.epoch - b.epoch);
}

function sameEpoch(one: Epoch, other: Epoch): boolean {
  const { epoch, seconds, mAP5095, boxLoss } = one;
  return epoch === other.epoch && seconds === other.seconds && mAP5095 === other.mAP5095 && boxLoss === other.boxLoss;
}

/** The part of all epochs that is done, batches of the running one included. */
export function fractionDone({ done, running }: Progress, epochs: number, status: TrainingJobStatus): number {
  if (status === "COMPLETED") return 1;
  const within = running && running.epoch > done ? running.epoch - 1 + running.batch / Math.max(running.batches, 1) : done;
  return Math.min(1, Math.max(within, done) / Math.max(epochs, 1));
}

/** The epoch whose weights are kept as the model: of the highest mAP50-95, the earliest of equals. */
export function bestEpoch(epochs: readonly Epoch[]): Epoch | undefined {
  let best: Epoch | undefined;
  for (const one of epochs) if (one.mAP5095 != null && one.mAP5095 > (best?.mAP5095 ?? 0)) best = one;
  return best;
}

const FINAL: ReadonlySet<TrainingJobStatus> = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

export function isFinal(status: TrainingJobStatus): boolean {
  return FINAL.has(status);
}

/** Seconds from start to end, or until now; null before the start. */
export function secondsTaken(job: { startedAt?: string | null; finishedAt?: string | null }, now: number): number | null {
  if (!job.startedAt) return null;
  const end = job.finishedAt ? Date.parse(job.finishedAt) : now;
  return Math.max(0, (end - Date.parse(job.startedAt)) / 1_000);
}
