export type SaveState =
  | { kind: "saved" }
  | { kind: "saving"; left: number }
  /** Nothing is lost: what waits goes on with `retry`. */
  | { kind: "failed"; left: number; message: string };

/**
 * Sends one thing after another, in the order in which they were done. What still waits takes up what is done to it
 * meanwhile; what was sent once is sent again as it was, since the server may have it.
 */
export class SaveQueue<Job> {
  #jobs: Job[] = [];
  #sent = false;
  #running = false;
  #state: SaveState = { kind: "saved" };
  #listeners = new Set<() => void>();

  constructor(
    readonly send: (job: Job) => Promise<void>,
    /** Two jobs as one; null when they cancel out, undefined when they are no one job. */
    readonly merge: (earlier: Job, later: Job) => Job | null | undefined,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  read = (): SaveState => this.#state;

  has(which: (job: Job) => boolean): boolean {
    return this.#jobs.some(which);
  }

  push(job: Job): void {
    const last = this.#jobs.at(-1);
    const lastWasSent = this.#sent && this.#jobs.length === 1;
    const merged = last === undefined || lastWasSent ? undefined : this.merge(last, job);
    if (merged === undefined) this.#jobs.push(job);
    else this.#jobs.splice(-1, 1, ...(merged === null ? [] : [merged]));
    if (this.#state.kind === "failed") this.#become({ ...this.#state, left: this.#jobs.length });
    else void this.#run();
  }

  retry = (): void => void this.#run();

  /** Forgets what waits and fits; the one that is on its way is not called back. */
  drop(which: (job: Job) => boolean): void {
    this.#jobs = this.#jobs.filter((job, index) => (index === 0 && this.#running) || !which(job));
  }

  /** Forgets all that waits, but for what is on its way. */
  abandon = (): void => {
    this.#jobs = this.#running ? this.#jobs.slice(0, 1) : [];
    if (this.#running) return;
    this.#sent = false;
    this.#become({ kind: "saved" });
  };

  async #run(): Promise<void> {
    if (this.#running) return this.#become({ kind: "saving", left: this.#jobs.length });
    this.#running = true;
    try {
      for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
        this.#become({ kind: "saving", left: this.#jobs.length });
        this.#sent = true;
        await this.send(job);
        this.#sent = false;
        this.#jobs.shift();
      }
      this.#running = false;
      this.#become({ kind: "saved" });
    } catch (reason) {
      this.#running = false;
      this.#become({ kind: "failed", left: this.#jobs.length, message: reason instanceof Error ? reason.message : String(reason) });
    }
  }

  #become(state: SaveState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
