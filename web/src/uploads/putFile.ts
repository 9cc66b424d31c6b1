/** The store did not take the bytes; status 0 is a connection that broke. */
export class PutError extends Error {
  constructor(readonly status: number) {
    super(
      status === 0
        ? "The connection to the storage broke, or the file was changed meanwhile."
        : `The storage answered ${status}.`,
    );
  }

  /** Asking for a new address and sending again may help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 403 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

export interface PutAddress {
  url: string;
  headers: readonly { name: string; value: string }[];
}

/** Sends a file to its address. By XMLHttpRequest: fetch does not tell how much has gone out. */
export function putFile(
  { url, headers }: PutAddress,
  file: Blob,
  onSent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => {
      request.abort();
      reject(signal.reason as Error);
    };
    const end = (settle: () => void) => () => {
      signal.removeEventListener("abort", abort);
      settle();
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    request.addEventListener("error", end(() => reject(new PutError(0))));
    request.addEventListener(
      "load",
      end(() => (request.status >= 200 && request.status < 300 ? resolve() : reject(new PutError(request.status)))),
    );
    request.open("PUT", url);
    for (const { name, value } of headers) request.setRequestHeader(name, value);
    request.send(file);
  });
}
