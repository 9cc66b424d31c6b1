import { expect, test } from "vitest";

import { drawn, type ViewedAsset } from "./marks";
import { mergeJobs, type Job } from "./saving";
import { Sheet } from "./sheet";

const at = (x: number) => drawn("k", "wattle", { box: { x, y: 0, width: 5, height: 5 }, polygon: null });
const found = { weedType: "wattle", box: { x: 1, y: 1, width: 2, height: 2 }, polygon: null, source: "AI", model: null } as const;
const unknown = {
  width: 640,
  height: 480,
  sizeBytes: 1,
  contentType: "image/jpeg",
  gpsLatitude: null,
  gpsLongitude: null,
  capturedAt: null,
  uploadBatch: null,
};

function answer(annotations: { id: string; x: number; updatedAt: string }[], url = "/a"): ViewedAsset {
  return {
    ...unknown,
    id: "asset",
    filename: "a.jpg",
    createdAt: "2026-01-01T00:00:00Z",
    url,
    preview: url,
    versions: [],
    annotations: annotations.map(({ id, x, updatedAt }) => ({
      id,
      updatedAt,
      weedType: "wattle",
      box: { x, y: 0, width: 5, height: 5 },
      polygon: null,
      geoCoordinates: null,
      confidence: null,
      verified: true,
      source: "MANUAL" as const,
    })),
    pendingAnnotations: [
      { ...found, id: "p1", confidence: 0.4 },
      { ...found, id: "p2", confidence: 0.9 },
    ],
  };
}

test("a mark keeps its key over readings, deletion and return under another id", () => {
  const sheet = new Sheet("asset");
  sheet.take(answer([{ id: "one", x: 0, updatedAt: "t1" }]));
  const [mark] = sheet.read().marks;
  if (!mark) throw new Error("nothing was read");
  sheet.do({ key: mark.key, before: mark, after: null });
  sheet.setSaved(mark.key, null);
  sheet.undo();
  sheet.setSaved(mark.key, { id: "two", updatedAt: "t2" });
  sheet.take(answer([{ id: "two", x: 0, updatedAt: "t2" }]));
  expect(sheet.read().marks.map(({ key }) => key)).toEqual([mark.key]);
  expect(sheet.read().canRedo).toBe(true);
});

test("after somebody else's change nothing can be undone", () => {
  const sheet = new Sheet("asset");
  sheet.take(answer([{ id: "one", x: 0, updatedAt: "t1" }]));
  const made = drawn("mine", "wattle", { box: { x: 9, y: 9, width: 5, height: 5 }, polygon: null });
  sheet.do({ key: "mine", before: null, after: made });
  sheet.setSaved("mine", { id: "two", updatedAt: "t2" });
  sheet.take(answer([{ id: "one", x: 3, updatedAt: "t9" }, { id: "two", x: 9, updatedAt: "t2" }]));
  expect(sheet.read().canUndo).toBe(false);
  expect(sheet.read().marks.map(({ box }) => box.x)).toEqual([3, 9]);
});

test("the picture's address stays, until it does not work any more", () => {
  const sheet = new Sheet("asset");
  sheet.take(answer([], "/first"));
  sheet.take(answer([], "/second"));
  expect(sheet.read().asset?.url).toBe("/first");
  sheet.expire();
  sheet.take(answer([], "/third"));
  expect(sheet.read().asset?.url).toBe("/third");
});

test("the surest detections come first, and an accepted one is an annotation at once", () => {
  const sheet = new Sheet("asset");
  sheet.take(answer([]));
  expect(sheet.read().pending.map(({ key }) => key)).toEqual(["p2", "p1"]);
  sheet.decide(new Set(["p2"]), true);
  expect(sheet.read().pending.map(({ key }) => key)).toEqual(["p1"]);
  expect(sheet.read().marks).toMatchObject([{ key: "p2", verified: true, confidence: 0.9, source: "AI" }]);
});

test("changes of one mark that wait are sent as one; drawn and taken back, as none", () => {
  const sheet = new Sheet("asset");
  const [a, b, c] = [at(0), at(1), at(2)];
  const job = (before: typeof a | null, after: typeof a | null): Job => ({
    kind: "change",
    sheet,
    change: { key: "k", before, after },
    idempotencyKey: "key",
  });
  expect(mergeJobs(job(a, b), job(b, c))).toMatchObject({ change: { before: a, after: c } });
  expect(mergeJobs(job(null, a), job(a, null))).toBeNull();
  expect(mergeJobs(job(a, b), job(b, a))).toBeNull();
  const other: Job = { ...job(a, b), sheet: new Sheet("other") } as Job;
  expect(mergeJobs(other, job(b, c))).toBeUndefined();
});
