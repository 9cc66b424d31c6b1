import { useSyncExternalStore } from "react";

import { session } from "../api/session";
import { uploadApi } from "./uploadApi";
import { UploadQueue } from "./uploadQueue";
import { isMoving } from "./uploadSummary";

/** One queue for each project that something was sent to; they outlive the pages. */
const queues = new Map<string, UploadQueue>();

export function uploadsOf(projectId: string): UploadQueue {
  let queue = queues.get(projectId);
  if (!queue) {
    queue = new UploadQueue(projectId, uploadApi);
    queues.set(projectId, queue);
  }
  return queue;
}

// Whoever signs in next sends nothing of the one before.
session.subscribe(() => {
  for (const queue of queues.values()) queue.close();
  queues.clear();
});

window.addEventListener("beforeunload", (event) => {
  if ([...queues.values()].some((queue) => isMoving(queue.summary()))) event.preventDefault();
});

export interface Uploads {
  running: boolean;
  /** Files that are through, of all. */
  done: number;
  total: number;
  bytesDone: number;
  bytesTotal: number;
  /** The folder's name. */
  label: string;
}

/** What is being sent to a project, live, for whoever shows its progress. */
export function useUploads(projectId: string): Uploads {
  const { status, done, total, bytesDone, bytesTotal, label } = useUploadSummary(projectId);
  return { running: status === "running" || status === "paused", done, total, bytesDone, bytesTotal, label };
}

export function useUploadSummary(projectId: string) {
  const queue = uploadsOf(projectId);
  return useSyncExternalStore(queue.subscribe, queue.summary);
}
