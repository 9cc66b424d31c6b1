import { SETTLED, type UploadFile, type UploadState } from "./uploadFile";

/** A file as the panel shows it. */
export interface ShownFile {
  key: number;
  name: string;
  size: number;
  state: UploadState;
  sentBytes: number;
  problem: string | null;
}

export type UploadStatus = "empty" | "running" | "paused" | "finished";

/** All of a queue's files together, and those that somebody wants to see. */
export interface UploadSummary {
  status: UploadStatus;
  /** The batch, or how many of them. */
  label: string;
  /** Why it stands still. */
  problem: string | null;
  offline: boolean;
  counts: Record<UploadState, number>;
  total: number;
  /** Files that are settled. */
  done: number;
  bytesTotal: number;
  bytesDone: number;
  secondsLeft: number | null;
  active: ShownFile[];
  failures: ShownFile[];
}

interface Standing {
  paused: boolean;
  running: boolean;
  offline: boolean;
  problem: string | null;
  /** Since the run began. */
  seconds: number;
  /** Bytes that were sent before it. */
  sentBefore: number;
}

const ACTIVE: ReadonlySet<UploadState> = new Set(["reading", "sending"]);
const UNSENT = ["waiting", "reading", "read", "sending", "sent"] as const;

export function summary(files: readonly UploadFile[], standing: Standing): UploadSummary {
  const counts: Record<UploadState, number> = {
    waiting: 0,
    reading: 0,
    read: 0,
    sending: 0,
    sent: 0,
    checking: 0,
    added: 0,
    known: 0,
    failed: 0,
  };
  let bytesTotal = 0;
  let bytesDone = 0;
  let sent = 0;
  for (const file of files) {
    counts[file.state] += 1;
    bytesTotal += file.file.size;
    bytesDone += SETTLED.has(file.state) ? file.file.size : file.sentBytes;
    sent += file.sentBytes;
  }
  const done = counts.added + counts.known + counts.failed;
  const batches = [...new Set(files.filter(({ state }) => !SETTLED.has(state)).map(({ batch }) => batch.name))];
  const rate = (sent - standing.sentBefore) / standing.seconds;
  return {
    status: statusOf(files.length, done, standing),
    label: batches.length > 1 ? `${batches.length} folders` : (batches[0] ?? files.at(-1)?.batch.name ?? ""),
    problem: standing.problem,
    offline: standing.offline,
    counts,
    total: files.length,
    done,
    bytesTotal,
    bytesDone,
    secondsLeft: standing.running && standing.seconds > 2 && rate > 0 ? (bytesTotal - bytesDone) / rate : null,
    active: files.filter(({ state }) => ACTIVE.has(state)).map(shown),
    failures: files.filter(({ state }) => state === "failed").map(shown),
  };
}

/** Bytes are on their way, so that leaving the page would interrupt them. */
export function isMoving({ status, counts }: UploadSummary): boolean {
  return status === "running" && UNSENT.some((state) => counts[state] > 0);
}

function statusOf(total: number, done: number, { paused }: Standing): UploadStatus {
  if (total === 0) return "empty";
  if (done === total) return "finished";
  return paused ? "paused" : "running";
}

function shown({ key, name, file, state, sentBytes, problem }: UploadFile): ShownFile {
  // The server's sentence begins with the name, which stands beside it here.
  return { key, name, size: file.size, state, sentBytes, problem: problem?.replace(`${name}: `, "") ?? null };
}
