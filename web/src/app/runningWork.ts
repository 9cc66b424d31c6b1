import type { ActivityQuery } from "../api/generated/graphql";

export interface Work {
  key: string;
  name: string;
  /** How far it is, in words. */
  state?: string;
  /** Where it is watched, within the project. */
  to: string;
  /** 0 to 1; null where nobody knows. */
  progress: number | null;
}

type Project = ActivityQuery["project"];

/** What is under way in the project, trainings first. */
export function runningWork(project: Project): Work[] {
  return [
    ...project.trainingJobs.nodes.map(training),
    ...project.versions.nodes.flatMap(versionWork),
    ...project.detectionJobs.nodes.filter(({ status }) => status === "QUEUED" || status === "RUNNING").map(detection),
    ...project.deployments.nodes.filter(({ status }) => status === "PENDING").map(deployment),
    ...project.uploadBatches.nodes.filter(({ status }) => status === "VERIFYING").map(upload),
  ];
}

function training({ id, status, epoch, progress, config, version }: Project["trainingJobs"]["nodes"][number]): Work {
  const name = version ? `Training from v${version.version}` : "Training";
  const state = status === "RUNNING" ? `epoch ${epoch} of ${config.epochs}` : status === "QUEUED" ? "queued" : "preparing";
  return { key: id, name, state, to: `/training/${id}`, progress };
}

function versionWork({ id, version, status, exports, lastCheck }: Project["versions"]["nodes"][number]): Work[] {
  const to = `/versions/${version}`;
  const work: Work[] = [];
  if (status === "CREATING") work.push({ key: id, name: `Creating v${version}`, to, progress: null });
  for (const one of exports) {
    if (one.status === "QUEUED" || one.status === "RENDERING") {
      work.push({ key: one.id, name: `Exporting v${version} as ${one.format}`, to, progress: null });
    }
  }
  if (lastCheck && (lastCheck.status === "QUEUED" || lastCheck.status === "RUNNING")) {
    const progress = lastCheck.objectsTotal ? lastCheck.objectsChecked / lastCheck.objectsTotal : null;
    work.push({ key: lastCheck.id, name: `Checking v${version}`, to, progress });
  }
  return work;
}

function detection({ id, done, total }: Project["detectionJobs"]["nodes"][number]): Work {
  const state = `${done} of ${total} images`;
  return { key: id, name: "Detection", state, to: "/review", progress: total ? done / total : null };
}

function deployment({ id, roboflowModel, model }: Project["deployments"]["nodes"][number]): Work {
  return { key: id, name: `Deploying ${model?.name ?? roboflowModel ?? "a model"}`, to: "/models", progress: null };
}

function upload({ id, name, verified, refused }: Project["uploadBatches"]["nodes"][number]): Work {
  return { key: id, name: `Checking ${name}`, state: `${verified + refused} done`, to: `/images?batch=${id}`, progress: null };
}
