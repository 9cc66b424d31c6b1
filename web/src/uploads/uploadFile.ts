/**
 * waiting → reading (its SHA-256) → read → sending → sent → checking (by the server) → added; known is one that the
 * project has already, failed one that it does not get.
 */
export type UploadState = "waiting" | "reading" | "read" | "sending" | "sent" | "checking" | "added" | "known" | "failed";

/** Files that go to one batch; its id once the server has made it. */
export interface UploadBatchOf {
  name: string;
  id: string | null;
}

/** One file on its way. */
export interface UploadFile {
  readonly key: number;
  readonly name: string;
  readonly file: File;
  readonly batch: UploadBatchOf;
  state: UploadState;
  sentBytes: number;
  sha256: string | null;
  uploadId: string | null;
  problem: string | null;
}

export const SETTLED: ReadonlySet<UploadState> = new Set(["added", "known", "failed"]);

/** On the way from here; when it is interrupted it begins again, and the server tells what of it has arrived. */
export const MOVING: ReadonlySet<UploadState> = new Set(["reading", "read", "sending", "sent"]);
