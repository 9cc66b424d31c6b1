import type { Client } from "urql";

import { complain } from "../../api/action";
import type { ReviewDecision } from "../../api/generated/graphql";
import { newKey } from "../../api/idempotencyKey";
import { VIEWER_ASSET } from "./documents";
import type { Change } from "./history";
import { SaveQueue } from "./saveQueue";
import { mergeJobs, Refused, sendJob, type Job } from "./saving";
import { Sheet } from "./sheet";

const RENEW_AFTER_MS = 60_000;

/** The images that are worked on, and the one queue by which what is done to them is saved. */
export class Desk {
  readonly queue = new SaveQueue<Job>((job) => this.#send(job), mergeJobs);
  #sheets = new Map<string, Sheet>();
  #reading = new Map<string, Promise<void>>();
  #pictures = new Map<string, HTMLImageElement>();
  #renewed = new WeakMap<Sheet, number>();

  constructor(
    readonly client: Client,
    readonly projectId: string,
  ) {}

  sheet(assetId: string): Sheet {
    const sheet = this.#sheets.get(assetId) ?? new Sheet(assetId);
    this.#sheets.set(assetId, sheet);
    return sheet;
  }

  /** Asks the server what there is; nothing that is on its way there is overwritten by the answer. */
  read(assetId: string): Promise<void> {
    const reading = this.#reading.get(assetId) ?? this.#read(assetId).finally(() => this.#reading.delete(assetId));
    this.#reading.set(assetId, reading);
    return reading;
  }

  /** Has the image and its annotations here before they are asked for. */
  async prefetch(assetId: string): Promise<void> {
    const sheet = this.sheet(assetId);
    if (sheet.read().asset === null) await this.read(assetId);
    const { asset } = sheet.read();
    if (asset === null || this.#pictures.has(assetId)) return;
    const picture = new Image();
    picture.src = pictureAddress(asset);
    this.#pictures.clear();
    this.#pictures.set(assetId, picture);
  }

  /** For a picture that did not load; once a minute, since it may be gone for good. */
  renewAddresses(sheet: Sheet): void {
    const last = this.#renewed.get(sheet) ?? 0;
    if (Date.now() - last < RENEW_AFTER_MS) return;
    this.#renewed.set(sheet, Date.now());
    sheet.expire();
    void this.read(sheet.assetId);
  }

  do(sheet: Sheet, change: Change, options?: { nudge?: boolean }): void {
    sheet.do(change, options);
    this.#save(sheet, change);
  }

  undo(sheet: Sheet): Change | null {
    return this.#save(sheet, sheet.undo());
  }

  redo(sheet: Sheet): Change | null {
    return this.#save(sheet, sheet.redo());
  }

  decide(sheet: Sheet, ids: readonly string[], decision: ReviewDecision): void {
    if (ids.length === 0) return;
    sheet.decide(new Set(ids), decision === "ACCEPT");
    this.queue.push({ kind: "review", sheet, decision, ids });
  }

  #save(sheet: Sheet, change: Change | null): Change | null {
    if (change !== null) this.queue.push({ kind: "change", sheet, change, idempotencyKey: newKey() });
    return change;
  }

  async #read(assetId: string): Promise<void> {
    const sheet = this.sheet(assetId);
    const isBusy = () => this.queue.has((job) => job.sheet === sheet);
    if (isBusy() && sheet.read().asset !== null) return;
    const before = sheet.read();
    const { data, error } = await this.client.query(VIEWER_ASSET, { id: assetId }, { requestPolicy: "network-only" }).toPromise();
    if (data) {
      // What was done meanwhile is newer than the answer.
      const { marks, pending } = sheet.read();
      if (!isBusy() && before.marks === marks && before.pending === pending) sheet.take(data.asset);
    } else if (error) sheet.fail(error);
  }

  async #send(job: Job): Promise<void> {
    try {
      await sendJob(this.client, this.projectId, job);
    } catch (reason) {
      if (!(reason instanceof Refused)) throw reason;
      const { sheet } = job;
      const { data, error } = await this.client
        .query(VIEWER_ASSET, { id: sheet.assetId }, { requestPolicy: "network-only" })
        .toPromise();
      this.queue.drop((one) => one.sheet === sheet);
      if (data) sheet.take(data.asset);
      else if (error) sheet.fail(error);
      complain(`${reason.message} The image's annotations were read again; please repeat your last change if it is still right.`);
    }
  }
}

/** What the browser shows; it has no TIFF, of which there is a small picture only. */
export function pictureAddress({ contentType, url, preview }: { contentType?: string | null; url: string; preview: string }): string {
  return contentType === "image/tiff" ? preview : url;
}
