import type { ImageChoice, PathedFile } from "./imageFiles";
import { MOVING, SETTLED, type UploadBatchOf, type UploadFile } from "./uploadFile";
import type { UploadPorts, Verdict } from "./uploadPorts";
import { UploadRun } from "./uploadRun";
import { summary, type UploadSummary } from "./uploadSummary";

const TELL_MS = 100;
/** So long without news of files that the server checks, and they are asked after once more. */
const SILENCE_MS = 15_000;
const SUBMIT_AT_ONCE = 10_000;

/**
 * What a project is being sent. Pausing, and a lost page, cost nothing that has arrived: files begin again, and the
 * server tells which of them it has.
 */
export class UploadQueue {
  #files: UploadFile[] = [];
  #run: AbortController | null = null;
  #paused = false;
  #offline = false;
  #problem: string | null = null;
  #startedAt = 0;
  #sentBefore = 0;
  #nextKey = 1;
  #summary: UploadSummary | null = null;
  #telling = false;
  #silence: ReturnType<typeof setTimeout> | undefined;
  readonly #listeners = new Set<() => void>();
  readonly #follows = new Map<string, { cursor: string | null; stop: () => void }>();

  constructor(
    private readonly projectId: string,
    private readonly ports: UploadPorts,
  ) {}

  /** Sends the images too; what is on its way already is not taken twice. */
  add({ batchName, images }: ImageChoice): void {
    if (this.#files.every(({ state }) => SETTLED.has(state))) this.#files = [];
    const underWay = this.#files.filter(({ state, batch }) => batch.name === batchName && !SETTLED.has(state));
    const batch = underWay[0]?.batch ?? { name: batchName, id: null };
    const names = new Set(underWay.map(({ name }) => name));
    const fresh = images.filter(({ path }) => !names.has(path));
    this.#files.push(...fresh.map((image) => this.#waiting(image, batch)));
    this.resume();
  }

  pause(): void {
    this.#paused = true;
    this.#interrupt();
  }

  resume(): void {
    this.#paused = false;
    this.#problem = null;
    if (this.#run === null && this.#files.some(({ state }) => state === "waiting")) void this.#work();
    this.#changed();
  }

  retryFailed(): void {
    this.#wait(this.#files.filter(({ state }) => state === "failed"));
    this.resume();
  }

  /** Sends no more; what the server has got stays. */
  cancel(): void {
    this.#interrupt();
    this.#paused = false;
    this.#problem = null;
    this.#files = this.#files.filter(({ state }) => state === "checking" || SETTLED.has(state));
    this.#changed();
  }

  /** Forgets everything, as somebody signs out. */
  close(): void {
    this.#interrupt();
    this.#files = [];
    clearTimeout(this.#silence);
    this.#unfollow();
    this.#changed();
  }

  /** Forgets what is over. */
  dismiss(): void {
    this.#files = this.#files.filter(({ state }) => !SETTLED.has(state));
    this.#changed();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** As it stands; the same object until something changes. */
  summary = (): UploadSummary => {
    this.#summary ??= summary(this.#files, {
      paused: this.#paused,
      running: this.#run !== null,
      offline: this.#offline,
      problem: this.#problem,
      seconds: (Date.now() - this.#startedAt) / 1_000,
      sentBefore: this.#sentBefore,
    });
    return this.#summary;
  };

  async #work(): Promise<void> {
    const controller = new AbortController();
    this.#run = controller;
    this.#startedAt = Date.now();
    this.#sentBefore = this.#files.reduce((sum, file) => sum + file.sentBytes, 0);
    const host = {
      next: (batch?: UploadFile["batch"]) =>
        this.#files.find(({ state, batch: mine }) => state === "waiting" && (batch === undefined || mine === batch)),
      changed: () => this.#changed(),
      offline: (is: boolean) => {
        this.#offline = is;
        this.#changed();
      },
      submitted: (batchId: string) => this.#follow(batchId),
    };
    try {
      await new UploadRun(this.projectId, this.ports, host, controller.signal).work();
    } catch (error) {
      if (this.#run !== controller) return;
      this.#interrupt();
      this.#paused = true;
      this.#problem = error instanceof Error ? error.message : String(error);
    }
    if (this.#run === controller) this.#run = null;
    this.#changed();
  }

  #interrupt(): void {
    this.#run?.abort(new DOMException("The upload was interrupted.", "AbortError"));
    this.#run = null;
    this.#offline = false;
    this.#wait(this.#files.filter(({ state }) => MOVING.has(state)));
    this.#changed();
  }

  #wait(files: readonly UploadFile[]): void {
    for (const file of files) {
      file.state = "waiting";
      file.problem = null;
      file.sentBytes = 0;
    }
  }

  /** Anew at each call: the server ends the stream of a batch when all it knows of is checked, and more may follow. */
  #follow(batchId: string): void {
    const before = this.#follows.get(batchId);
    before?.stop();
    const follow = { cursor: before?.cursor ?? null, stop: () => {} };
    this.#follows.set(batchId, follow);
    follow.stop = this.ports.follow(batchId, follow.cursor, (cursor, verdict) => {
      follow.cursor = cursor;
      if (verdict) this.#judge(verdict);
    });
    this.#awaitVerdicts();
  }

  #judge({ uploadId, problem }: Verdict): void {
    for (const file of this.#files) {
      if (file.uploadId !== uploadId || SETTLED.has(file.state) || file.state === "waiting") continue;
      file.state = problem === null ? "added" : "failed";
      file.problem = problem;
      file.sentBytes = file.file.size;
    }
    this.#awaitVerdicts();
    this.#changed();
  }

  #awaitVerdicts(): void {
    clearTimeout(this.#silence);
    const waiting = this.#files.filter(({ state }) => state === "checking").slice(0, SUBMIT_AT_ONCE);
    if (waiting.length === 0) {
      if (!this.#files.some(({ state }) => MOVING.has(state))) this.#unfollow();
      return;
    }
    this.#silence = setTimeout(async () => {
      const ids = [...new Set(waiting.map(({ uploadId }) => uploadId ?? ""))];
      // It may be in another batch by now, one that another tab goes on with; the answer names it.
      const batchId = await this.ports.complete(this.projectId, ids).catch(() => null);
      if (batchId === null) this.#awaitVerdicts();
      else this.#follow(batchId);
    }, SILENCE_MS);
  }

  #unfollow(): void {
    for (const { stop } of this.#follows.values()) stop();
    for (const follow of this.#follows.values()) follow.stop = () => {};
  }

  #waiting({ path, file }: PathedFile, batch: UploadBatchOf): UploadFile {
    const key = this.#nextKey++;
    return { key, name: path, file, batch, state: "waiting", sentBytes: 0, sha256: null, uploadId: null, problem: null };
  }

  #changed(): void {
    if (this.#telling) return;
    this.#telling = true;
    setTimeout(() => {
      this.#telling = false;
      this.#summary = null;
      for (const listener of this.#listeners) listener();
    }, TELL_MS);
  }
}
