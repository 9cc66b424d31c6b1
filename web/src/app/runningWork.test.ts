import { expect, test } from "vitest";

import type { ActivityQuery } from "../api/generated/graphql";
import { ended, workOf } from "./runningWork";

type Project = ActivityQuery["project"];

const none: Project = {
  id: "p",
  trainingJobs: { nodes: [] },
  versions: { nodes: [] },
  detectionJobs: { nodes: [] },
  uploadBatches: { nodes: [] },
  deployments: { nodes: [] },
};

const training = (status: "QUEUED" | "RUNNING" | "COMPLETED" | "FAILED", epoch = 0): Project => ({
  ...none,
  trainingJobs: {
    nodes: [{ id: "t", status, epoch, progress: epoch / 10, config: { epochs: 10 }, version: { id: "v", version: 3 } }],
  },
});

const version = (status: "CREATING" | "READY" | "TRAINING", exported?: "RENDERING" | "READY"): Project => ({
  ...none,
  versions: {
    nodes: [
      {
        id: "v",
        version: 3,
        status,
        exports: exported ? [{ id: "e", format: "COCO", status: exported }] : [],
        lastCheck: { id: "c", status: "RUNNING", objectsChecked: 1, objectsTotal: 4 },
      },
    ],
  },
});

const running = (project: Project) => workOf(project).filter(({ outcome }) => outcome === null);

test("what runs says how far it is, and leads to where it is watched", () => {
  expect(running(training("RUNNING", 4))).toMatchObject([
    { name: "Training from v3", state: "epoch 4 of 10", progress: 0.4, to: "/training/t" },
  ]);
  expect(running(training("QUEUED"))).toMatchObject([{ state: "queued" }]);
  expect(running(version("CREATING"))).toMatchObject([{ name: "Version v3" }, { name: "Check of v3", progress: 0.25 }]);
});

test("a version that is being trained is ready: it is not being created", () => {
  expect(running(version("TRAINING", "RENDERING")).map(({ name }) => name)).toEqual(["Export of v3 as COCO", "Check of v3"]);
});

test("an upload that is still being sent is the sender's to show, not the server's", () => {
  const batch = { id: "b", name: "North", verified: 2, refused: 1 };
  const told = (status: "OPEN" | "VERIFYING") =>
    running({ ...none, uploadBatches: { nodes: [{ ...batch, status }] } }).map(({ state }) => state);
  expect(told("OPEN")).toEqual([]);
  expect(told("VERIFYING")).toEqual(["3 images looked at"]);
});

test("what ended is said once, with how it ended", () => {
  const [before, failed, done] = [training("RUNNING", 4), training("FAILED", 4), training("COMPLETED", 10)].map(workOf);
  expect(ended(before ?? [], failed ?? [])).toMatchObject([{ name: "Training from v3", outcome: "failed" }]);
  expect(ended(before ?? [], done ?? [])).toMatchObject([{ outcome: "finished" }]);
  expect(ended(done ?? [], done ?? [])).toEqual([]);
});

test("what had ended before anybody looked is not said", () => {
  expect(ended([], workOf(training("COMPLETED", 10)))).toEqual([]);
});
