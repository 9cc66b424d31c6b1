import type { Mark } from "./marks";

/** What became of one mark: none before is a drawn one, none after a deleted one. */
export interface Change {
  key: string;
  before: Mark | null;
  after: Mark | null;
}

/** Steps of an arrow key that follow each other this closely are undone together. */
const ONE_STEP_MS = 800;

export function inverse({ key, before, after }: Change): Change {
  return { key, before: after, after: before };
}

/**
 * What was done on one image and can be undone. Marks are named by keys of this page, which a mark keeps when it is
 * deleted and comes back, while the server gives it another id.
 */
export class History {
  #done: Change[] = [];
  #undone: Change[] = [];
  #nudgedAt = Number.NEGATIVE_INFINITY;

  record(change: Change, { nudge = false, at = Date.now() }: { nudge?: boolean; at?: number } = {}): void {
    const last = this.#done.at(-1);
    if (nudge && last?.key === change.key && at - this.#nudgedAt < ONE_STEP_MS) {
      this.#done[this.#done.length - 1] = { ...change, before: last.before };
    } else {
      this.#done.push(change);
    }
    this.#nudgedAt = nudge ? at : Number.NEGATIVE_INFINITY;
    this.#undone = [];
  }

  /** The change that takes the last one back; null when there is none. */
  undo(): Change | null {
    const change = this.#done.pop();
    if (change === undefined) return null;
    this.#undone.push(change);
    this.#nudgedAt = Number.NEGATIVE_INFINITY;
    return inverse(change);
  }

  redo(): Change | null {
    const change = this.#undone.pop();
    if (change === undefined) return null;
    this.#done.push(change);
    return change;
  }

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  clear(): void {
    this.#done = [];
    this.#undone = [];
  }
}
