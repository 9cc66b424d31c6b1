import type { UploadBatchOf } from "./uploadFile";

/** The server or the way to it is down; asking again later may help. */
export class UnreachableError extends Error {}

/** The server refuses it, with a sentence; asking again does not help. */
export class RefusedError extends Error {}

export interface AnnouncedFile {
  filename: string;
  sizeBytes: number;
  sha256: string;
  contentType: string;
}

/** `url` is null where the bytes are stored; `known` where the project has the image. */
export interface Target {
  uploadId: string | null;
  url: string | null;
  headers: readonly { name: string; value: string }[];
  known: boolean;
}

/** A place for each file, or those of the files that cannot be announced, by their place in the list. */
export type Asked =
  | { batchId: string; targets: readonly Target[]; faults?: undefined }
  | { faults: ReadonlyMap<number, string> };

export interface Verdict {
  uploadId: string;
  /** Why the server did not take it, or null. */
  problem: string | null;
}

/** What the queue needs of the world; a test gives it another one. */
export interface UploadPorts {
  digest(file: Blob, signal: AbortSignal): Promise<string>;
  /** A batch of that name that an interrupted upload left open. */
  openBatch(projectId: string, name: string): Promise<string | null>;
  request(projectId: string, batch: UploadBatchOf, files: readonly AnnouncedFile[]): Promise<Asked>;
  put(address: { url: string; headers: Target["headers"] }, file: Blob, onSent: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  /** Has what was sent checked; answers with the batch. */
  complete(projectId: string, uploadIds: readonly string[]): Promise<string>;
  /** Tells what the server made of each file of a batch, from `after` on; answers with how to stop. */
  follow(batchId: string, after: string | null, onVerdict: (cursor: string, verdict: Verdict | null) => void): () => void;
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}
