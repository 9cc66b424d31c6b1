import { UnreadableFileError } from "./digest";
import { Gate } from "./gate";
import { PutError } from "./putFile";
import type { UploadFile } from "./uploadFile";
import { UnreachableError, type AnnouncedFile, type Target, type UploadPorts } from "./uploadPorts";

/** The contract's limit for one call, and few enough bytes to be sent before the addresses end (5 minutes). */
const PORTION_FILES = 500;
const PORTION_BYTES = 32 << 20;
const PORTIONS_AT_ONCE = 2;
const PUTS_AT_ONCE = 3;
const ADDRESS_LIVES_MS = 240_000;
const RETRY_MS = [500, 2_000, 5_000, 10_000, 20_000];
const FORBIDDEN = 403;

/** The queue, as a run through it sees it. */
export interface RunHost {
  /** The next file that waits, of the batch given if one is. */
  next(batch?: UploadFile["batch"]): UploadFile | undefined;
  changed(): void;
  offline(is: boolean): void;
  /** The server checks files of this batch now. */
  submitted(batchId: string): void;
}

/**
 * Takes what waits in the queue through reading, announcing, sending and submitting, until nothing waits. While one
 * portion is sent the next is read. A fault of one file is noted on it; RefusedError is thrown for the rest, and the
 * signal's reason when that is aborted.
 */
export class UploadRun {
  readonly #putting = new Gate(PUTS_AT_ONCE);
  readonly #asking = new Gate(1);

  constructor(
    private readonly projectId: string,
    private readonly ports: UploadPorts,
    private readonly host: RunHost,
    private readonly signal: AbortSignal,
  ) {}

  async work(): Promise<void> {
    const going = new Set<Promise<void>>();
    let failed: unknown;
    for (;;) {
      const portion = await this.#read();
      if (failed !== undefined) throw failed;
      if (portion.length === 0) {
        if (going.size === 0) return;
        await Promise.race(going);
        continue;
      }
      const sending = this.#sendPortion(portion)
        .catch((error: unknown) => {
          failed ??= error;
        })
        .finally(() => going.delete(sending));
      going.add(sending);
      if (going.size >= PORTIONS_AT_ONCE) await Promise.race(going);
      if (failed !== undefined) throw failed;
    }
  }

  /** Files of one batch with their digests, as many as make a portion. */
  async #read(): Promise<UploadFile[]> {
    const portion: UploadFile[] = [];
    let bytes = 0;
    while (portion.length < PORTION_FILES && bytes < PORTION_BYTES) {
      const file = this.host.next(portion[0]?.batch);
      if (!file) break;
      this.#become(file, "reading");
      try {
        file.sha256 ??= await this.ports.digest(file.file, this.signal);
      } catch (error) {
        if (!(error instanceof UnreadableFileError)) throw error;
        this.#fail(file, error.message);
        continue;
      }
      this.#become(file, "read");
      portion.push(file);
      bytes += file.file.size;
    }
    return portion;
  }

  async #sendPortion(portion: readonly UploadFile[]): Promise<void> {
    const targets = await this.#ask(portion);
    const askedAt = Date.now();
    const sent = await Promise.all(
      targets.map(([file, target]) => this.#putting.through(() => this.#deliver(file, target, askedAt))),
    );
    const files = sent.filter((file) => file !== null);
    const ids = [...new Set(files.map((file) => file.uploadId ?? ""))];
    if (ids.length === 0) return;
    const batchId = await this.#persist(() => this.ports.complete(this.projectId, ids));
    // A verdict may have come in the meantime, from another tab that sent the same file.
    for (const file of files) if (file.state === "sent") this.#become(file, "checking");
    this.host.submitted(batchId);
  }

  /** A target for each file that can be announced. One call after the other: the first makes the batch. */
  #ask(portion: readonly UploadFile[]): Promise<[UploadFile, Target][]> {
    return this.#asking.through(async () => {
      let files = [...portion];
      while (files.length > 0) {
        const { batch } = files[0]!;
        batch.id ??= await this.#persist(() => this.ports.openBatch(this.projectId, batch.name));
        const announced = files.map(announce);
        const asked = await this.#persist(() => this.ports.request(this.projectId, batch, announced));
        if (!asked.faults) {
          batch.id = asked.batchId;
          return files.map((file, place) => [file, asked.targets[place]!]);
        }
        for (const [place, problem] of asked.faults) this.#fail(files[place]!, problem);
        files = files.filter((file) => file.state !== "failed");
      }
      return [];
    });
  }

  /** The file, once its bytes are in the store; null where there is nothing to be checked. */
  async #deliver(file: UploadFile, first: Target, firstAskedAt: number): Promise<UploadFile | null> {
    let [target, askedAt]: [Target | null, number] = [first, firstAskedAt];
    for (let tries = 0; ; tries += 1) {
      this.signal.throwIfAborted();
      if (target?.url && Date.now() - askedAt > ADDRESS_LIVES_MS) [target, askedAt] = await this.#askAgain(file);
      if (target === null) return null;
      if (target.known || target.uploadId === null) {
        this.#become(file, "known");
        return null;
      }
      file.uploadId = target.uploadId;
      try {
        if (target.url !== null) await this.#put(file, { url: target.url, headers: target.headers });
        file.sentBytes = file.file.size;
        this.#become(file, "sent");
        return file;
      } catch (error) {
        if (!(error instanceof PutError)) throw error;
        const wait = RETRY_MS[tries];
        if (!error.passing || wait === undefined) {
          this.#fail(file, error.message);
          return null;
        }
        await this.ports.sleep(error.status === FORBIDDEN ? 0 : wait, this.signal);
      }
      // What arrived although its answer was lost is not sent twice.
      [target, askedAt] = await this.#askAgain(file);
    }
  }

  async #put(file: UploadFile, address: { url: string; headers: Target["headers"] }): Promise<void> {
    this.#become(file, "sending");
    const onSent = (bytes: number) => {
      file.sentBytes = Math.min(bytes, file.file.size);
      this.host.changed();
    };
    try {
      await this.ports.put(address, file.file, onSent, this.signal);
    } catch (error) {
      file.sentBytes = 0;
      throw error;
    }
  }

  async #askAgain(file: UploadFile): Promise<[Target | null, number]> {
    const [asked] = await this.#ask([file]);
    return [asked?.[1] ?? null, Date.now()];
  }

  /** Asks until the server can be reached. */
  async #persist<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      this.signal.throwIfAborted();
      try {
        const answer = await ask();
        this.host.offline(false);
        return answer;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        this.host.offline(true);
        await this.ports.sleep(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]!, this.signal);
      }
    }
  }

  #become(file: UploadFile, state: UploadFile["state"]): void {
    this.signal.throwIfAborted();
    file.state = state;
    this.host.changed();
  }

  #fail(file: UploadFile, problem: string): void {
    file.problem = problem;
    this.#become(file, "failed");
  }
}

function announce(file: UploadFile): AnnouncedFile {
  return {
    filename: file.name,
    sizeBytes: file.file.size,
    sha256: file.sha256 ?? "",
    contentType: file.file.type || "application/octet-stream",
  };
}
