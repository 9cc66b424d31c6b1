import type { CombinedError } from "urql";

import { newKey } from "../../api/idempotencyKey";
import { History, type Change } from "./history";
import { accepted, markOf, type Mark, type PendingMark, type ViewedAsset } from "./marks";

/** What the server calls a mark, and when it was changed there last. */
export interface Saved {
  id: string;
  updatedAt: string;
}

export interface SheetState {
  /** Null until it was read. */
  asset: ViewedAsset | null;
  error: CombinedError | null;
  marks: readonly Mark[];
  pending: readonly PendingMark[];
  canUndo: boolean;
  canRedo: boolean;
}

/** One image's annotations as they are here: at once what was done, saved or not. */
export class Sheet {
  #state: SheetState = { asset: null, error: null, marks: [], pending: [], canUndo: false, canRedo: false };
  #saved = new Map<string, Saved>();
  #history = new History();
  #expired = false;
  #listeners = new Set<() => void>();

  constructor(readonly assetId: string) {}

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  read = (): SheetState => this.#state;

  saved(key: string): Saved | undefined {
    return this.#saved.get(key);
  }

  setSaved(key: string, saved: Saved | null): void {
    if (saved === null) this.#saved.delete(key);
    else this.#saved.set(key, { id: saved.id, updatedAt: saved.updatedAt });
  }

  /** What the server says. Steps cannot be undone any more once somebody else changed something in between. */
  take(asset: ViewedAsset): void {
    const keys = new Map([...this.#saved].map(([key, { id }]) => [id, key]));
    const same =
      asset.annotations.length === this.#saved.size &&
      asset.annotations.every(({ id, updatedAt }) => this.#saved.get(keys.get(id) ?? "")?.updatedAt === updatedAt);
    if (!same) this.#history.clear();
    this.#saved.clear();
    const marks = asset.annotations.map((annotation) => {
      const key = keys.get(annotation.id) ?? newKey();
      this.setSaved(key, annotation);
      return markOf(key, annotation);
    });
    const { url, preview } = (this.#expired ? null : this.#state.asset) ?? asset;
    this.#expired = false;
    const pending = asset.pendingAnnotations
      .map((one) => ({
        ...one,
        key: one.id,
        pending: true as const,
        polygon: one.polygon?.length ? one.polygon : null,
      }))
      .toSorted((a, b) => b.confidence - a.confidence);
    // The addresses are new at each reading, and would load the same picture again.
    this.#become({ asset: { ...asset, url, preview }, error: null, marks, pending });
  }

  fail(error: CombinedError): void {
    this.#become({ error });
  }

  /** The picture cannot be had: it may be that its address ran out, and the next reading's is good. */
  expire(): void {
    this.#expired = true;
  }

  /** Does it here; the caller has it saved. */
  do(change: Change, { nudge = false }: { nudge?: boolean } = {}): void {
    this.#history.record(change, { nudge });
    this.#apply(change);
  }

  undo(): Change | null {
    return this.#repeat(this.#history.undo());
  }

  redo(): Change | null {
    return this.#repeat(this.#history.redo());
  }

  /** Decided on: an accepted one is an annotation from now on. */
  decide(keys: ReadonlySet<string>, accept: boolean): void {
    const decided = this.#state.pending.filter(({ key }) => keys.has(key));
    this.#become({
      pending: this.#state.pending.filter(({ key }) => !keys.has(key)),
      marks: accept ? [...this.#state.marks, ...decided.map(accepted)] : this.#state.marks,
    });
  }

  #repeat(change: Change | null): Change | null {
    if (change !== null) this.#apply(change);
    return change;
  }

  #apply({ key, before, after }: Change): void {
    const { marks } = this.#state;
    if (after === null) this.#become({ marks: marks.filter((mark) => mark.key !== key) });
    else if (before === null) this.#become({ marks: [...marks, after] });
    else this.#become({ marks: marks.map((mark) => (mark.key === key ? after : mark)) });
  }

  #become(news: Partial<SheetState>): void {
    this.#state = { ...this.#state, ...news, canUndo: this.#history.canUndo, canRedo: this.#history.canRedo };
    for (const listener of this.#listeners) listener();
  }
}
