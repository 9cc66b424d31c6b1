import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import type { AnyVariables, Client } from "urql";

import { isNotFound, sentence, type UserProblem } from "../../api/errors";
import type { ReviewDecision } from "../../api/generated/graphql";
import { CREATE_ANNOTATIONS, DELETE_ANNOTATIONS, REVIEW_PENDING, UPDATE_ANNOTATION } from "./documents";
import type { Change } from "./history";
import type { Mark } from "./marks";
import type { Sheet } from "./sheet";

export type Job =
  | { kind: "change"; sheet: Sheet; change: Change; idempotencyKey: string }
  | { kind: "review"; sheet: Sheet; decision: ReviewDecision; ids: readonly string[] };

/** The server will not take it, today or tomorrow: somebody else was faster, or it may not be. */
export class Refused extends Error {}

/** The server has it no more. */
class Gone extends Refused {
  constructor() {
    super("Somebody else deleted it meanwhile.");
  }
}

/** Two changes of one mark as one; null when nothing is left to do. */
export function mergeJobs(earlier: Job, later: Job): Job | null | undefined {
  if (earlier.kind !== "change" || later.kind !== "change") return undefined;
  if (earlier.sheet !== later.sheet || earlier.change.key !== later.change.key) return undefined;
  const { key, before } = earlier.change;
  const { after } = later.change;
  return before === after ? null : { ...later, change: { key, before, after } };
}

/** Sends one job. Rejects with Refused, or with an Error when it can be tried again. */
export async function sendJob(client: Client, projectId: string, job: Job): Promise<void> {
  if (job.kind === "review") return review(client, projectId, job);
  const { before, after } = job.change;
  if (after === null) return remove(client, job);
  return before === null ? create(client, projectId, job, after) : update(client, job, before, after);
}

type ChangeJob = Extract<Job, { kind: "change" }>;
type ReviewJob = Extract<Job, { kind: "review" }>;

async function create(client: Client, projectId: string, { sheet, change, idempotencyKey }: ChangeJob, mark: Mark): Promise<void> {
  const { weedType, confidence, verified, source, geoCoordinates } = mark;
  const fields = { weedType, confidence, verified, source, geoCoordinates, ...plainOutline(mark) };
  const input = { projectId, idempotencyKey, annotations: [{ assetId: sheet.assetId, ...fields }] };
  const { annotations } = await call(client, CREATE_ANNOTATIONS, { input }, (data) => data.createAnnotations);
  const [made] = annotations;
  if (made === undefined) throw new Refused("It was deleted meanwhile.");
  sheet.setSaved(change.key, made);
}

async function update(client: Client, { sheet, change }: ChangeJob, before: Mark, after: Mark): Promise<void> {
  const { id, updatedAt } = known(sheet, change.key);
  const { weedType } = after;
  const { box, polygon } = plainOutline(after);
  const moved = before.box !== after.box || before.polygon !== after.polygon;
  const shape = polygon === null ? { box } : { polygon };
  const input = { id, expectedUpdatedAt: updatedAt, weedType, ...(moved && shape) };
  const { annotation } = await call(client, UPDATE_ANNOTATION, { input }, (data) => data.updateAnnotation);
  if (annotation) sheet.setSaved(change.key, annotation);
}

async function remove(client: Client, { sheet, change }: ChangeJob): Promise<void> {
  const saved = sheet.saved(change.key);
  if (saved === undefined) return;
  try {
    await call(client, DELETE_ANNOTATIONS, { ids: [saved.id] }, (data) => data.deleteAnnotations);
  } catch (reason) {
    if (!(reason instanceof Gone)) throw reason;
  }
  sheet.setSaved(change.key, null);
}

async function review(client: Client, projectId: string, { sheet, decision, ids }: ReviewJob): Promise<void> {
  const input = { projectId, decision, ids: [...ids] };
  const { annotations } = await call(client, REVIEW_PENDING, { input }, (data) => data.reviewPendingAnnotations);
  if (decision === "REJECT") return;
  const left = [...annotations];
  for (const key of ids) {
    const mark = sheet.read().marks.find((one) => one.key === key);
    // One that was moved or deleted here meanwhile is found by being the only one asked for.
    const at = ids.length === 1 ? 0 : left.findIndex((made) => mark !== undefined && isSame(made, mark));
    const [made] = at < 0 ? [] : left.splice(at, 1);
    if (made === undefined) throw new Refused("Somebody else reviewed it meanwhile.");
    sheet.setSaved(key, made);
  }
}

function isSame(one: Pick<Mark, "weedType" | "box">, other: Pick<Mark, "weedType" | "box">): boolean {
  const [a, b] = [one.box, other.box];
  return one.weedType === other.weedType && a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

function known(sheet: Sheet, key: string): { id: string; updatedAt: string } {
  const saved = sheet.saved(key);
  if (saved === undefined) throw new Gone();
  return saved;
}

/** Without what the server's answers carry beside the contract's input fields. */
function plainOutline(mark: Mark) {
  const { x, y, width, height } = mark.box;
  const polygon = mark.polygon?.map((point) => ({ x: point.x, y: point.y })) ?? null;
  return { box: { x, y, width, height }, polygon };
}

async function call<Data, Variables extends AnyVariables, P extends { userErrors: UserProblem[] }>(
  client: Client,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  pick: (data: Data) => P,
): Promise<P> {
  const { data, error } = await client.mutation(document, variables).toPromise();
  if (error && isNotFound(error)) throw new Gone();
  if (error || !data) {
    const codes = error?.graphQLErrors.map((one) => one.extensions.code) ?? [];
    const text = error ? sentence(error) : "The server's answer was empty.";
    throw codes.includes("FORBIDDEN") || codes.includes("BAD_USER_INPUT") ? new Refused(text) : new Error(text);
  }
  const payload = pick(data);
  if (payload.userErrors.length) throw new Refused(refusal(payload.userErrors));
  return payload;
}

function refusal(problems: readonly UserProblem[]): string {
  return problems
    .map(({ code, message }) => (code === "CONFLICT" ? "Somebody else changed it meanwhile." : message))
    .join(" ");
}
