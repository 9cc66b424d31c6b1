/** The file was moved, changed or locked since it was chosen. */
export class UnreadableFileError extends Error {
  constructor() {
    super("The file can no longer be read. Was it moved or changed? Choose it again.");
  }
}

let idle: Worker | undefined;

/** The SHA-256 of a file, hex, computed beside the page so that it stays smooth. Rejects when it is aborted. */
export function digest(file: Blob, signal: AbortSignal): Promise<string> {
  const worker = idle ?? new Worker(new URL("./digest.worker.ts", import.meta.url), { type: "module" });
  idle = undefined;
  const over = new AbortController();
  const answer = new Promise<string>((resolve, reject) => {
    const lose = (reason: Error) => {
      worker.terminate();
      reject(reason);
    };
    const keep = ({ data }: MessageEvent<{ sha256: string | null }>) => {
      idle = worker;
      if (data.sha256 === null) reject(new UnreadableFileError());
      else resolve(data.sha256);
    };
    signal.addEventListener("abort", () => lose(signal.reason as Error), { signal: over.signal });
    worker.addEventListener("message", keep, { signal: over.signal });
    worker.addEventListener("error", () => lose(new Error("The browser could not read files. Reload the page.")), {
      signal: over.signal,
    });
    if (signal.aborted) lose(signal.reason as Error);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's takes none
    else worker.postMessage(file);
  });
  return answer.finally(() => over.abort());
}
