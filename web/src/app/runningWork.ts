import type { ActivityQuery } from "../api/generated/graphql";

export type Outcome = "finished" | "failed" | "cancelled";

export interface Work {
  key: string;
  name: string;
  /** How far it is, in words. */
  state?: string;
  /** Where it is watched, within the project. */
  to: string;
  /** 0 to 1; null where nobody knows. */
  progress: number | null;
  /** How it ended; null while it runs. */
  outcome: Outcome | null;
}

type Project = ActivityQuery["project"];

/** What was lately under way in the project and what still is, trainings first. */
export function workOf(project: Project): Work[] {
  return [
    ...project.trainingJobs.nodes.map(training),
    ...project.versions.nodes.flatMap(versionWork),
    ...project.detectionJobs.nodes.map(detection),
    ...project.deployments.nodes.map(deployment),
    ...project.uploadBatches.nodes.filter(({ status }) => status !== "OPEN").map(upload),
  ];
}

/** What ended since, with how: each is said once. What is out of sight now ended unseen and is passed over. */
export function ended(before: readonly Work[], now: readonly Work[]): (Work & { outcome: Outcome })[] {
  const ran = new Set(before.filter(({ outcome }) => outcome === null).map(({ key }) => key));
  return now.filter((work): work is Work & { outcome: Outcome } => work.outcome !== null && ran.has(work.key));
}

const OUTCOMES: Record<string, Outcome> = {
  READY: "finished",
  TRAINING: "finished",
  ARCHIVED: "finished",
  COMPLETED: "finished",
  ACTIVE: "finished",
  SUPERSEDED: "finished",
  DONE: "finished",
  FAILED: "failed",
  CANCELLED: "cancelled",
};

function outcomeOf(status: string): Outcome | null {
  return OUTCOMES[status] ?? null;
}

const TRAINING_STATES: Record<string, string> = { QUEUED: "queued", PREPARING: "preparing" };

function training({ id, status, epoch, progress, config, version }: Project["trainingJobs"]["nodes"][number]): Work {
  return {
    key: id,
    name: version ? `Training from v${version.version}` : "Training",
    state: TRAINING_STATES[status] ?? `epoch ${epoch} of ${config.epochs}`,
    to: `/training/${id}`,
    progress,
    outcome: outcomeOf(status),
  };
}

function versionWork({ id, version, status, exports, lastCheck }: Project["versions"]["nodes"][number]): Work[] {
  const to = `/versions/${version}`;
  return [
    { key: id, name: `Version v${version}`, state: "being created", to, progress: null, outcome: outcomeOf(status) },
    ...exports.map((one) => ({
      key: one.id,
      name: `Export of v${version} as ${one.format}`,
      to,
      progress: null,
      outcome: outcomeOf(one.status),
    })),
    ...(lastCheck ? [check(lastCheck, version, to)] : []),
  ];
}

function check(
  { id, status, objectsChecked, objectsTotal }: NonNullable<Project["versions"]["nodes"][number]["lastCheck"]>,
  version: number,
  to: string,
): Work {
  const progress = objectsTotal ? objectsChecked / objectsTotal : null;
  return { key: id, name: `Check of v${version}`, to, progress, outcome: outcomeOf(status) };
}

function detection({ id, status, done, total }: Project["detectionJobs"]["nodes"][number]): Work {
  return {
    key: id,
    name: "Detection",
    state: `${done} of ${total} images`,
    to: "/review",
    progress: total ? done / total : null,
    outcome: outcomeOf(status),
  };
}

function deployment({ id, status, roboflowModel, model }: Project["deployments"]["nodes"][number]): Work {
  const name = `Deployment of ${model?.name ?? roboflowModel ?? "a model"}`;
  return { key: id, name, to: "/models", progress: null, outcome: outcomeOf(status) };
}

function upload({ id, name, status, verified, refused }: Project["uploadBatches"]["nodes"][number]): Work {
  return {
    key: id,
    name: `Check of ${name}`,
    state: `${verified + refused} images looked at`,
    to: `/images?batch=${id}`,
    progress: null,
    outcome: outcomeOf(status),
  };
}
