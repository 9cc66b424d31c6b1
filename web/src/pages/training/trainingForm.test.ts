import { describe, expect, it } from "vitest";

import {
  checkpointsAmong,
  chosenCheckpoint,
  configOf,
  deviceName,
  imageSizeFor,
  missing,
  recommended,
  roughly,
  startOf,
} from "./trainingForm";

const newest = { id: "b", name: "pine-sapling-v2.pt", baseModel: "YOLO11S", mAP50: 0.841 } as const;

describe("the training form", () => {
  it("recommends the newest model, and COCO where there is none", () => {
    expect(recommended([newest], 640)).toMatchObject({ start: "checkpoint", checkpointId: "b" });
    expect(recommended([], 640)).toMatchObject({ start: "pretrained", checkpointId: null });
  });

  it("takes the version's own size when a network takes it", () => {
    expect(imageSizeFor({ width: 512, height: 512 })).toBe(512);
    expect(imageSizeFor({ width: 500, height: 500 })).toBe(640);
    expect(imageSizeFor({ width: 640, height: 480 })).toBe(640);
    expect(imageSizeFor({ width: 8_192, height: 8_192 })).toBe(640);
    expect(imageSizeFor(null)).toBe(640);
  });

  it("does not offer weights that the server could not start from", () => {
    const imported = { id: "c", name: "brought.pt", sha256: "9f", baseModel: null };
    const old = { id: "d", name: "old.pt", sha256: null, baseModel: "YOLO11M" as const };
    expect(checkpointsAmong([imported, old, { ...newest, sha256: "00", metrics: { mAP50: 0.841 } }])).toEqual([newest]);
  });

  it("sends the checkpoint's architecture, whatever was chosen before", () => {
    const form = { ...recommended([newest], 640), baseModel: "YOLO26X" as const };
    const checkpoint = chosenCheckpoint(form, [newest]);
    expect(configOf(form, checkpoint)?.baseModel).toBe("YOLO11S");
    expect(startOf(form, checkpoint)).toEqual({ checkpointModelId: "b", fromScratch: false });
  });

  it("sends no checkpoint with another start", () => {
    const form = { ...recommended([newest], 640), start: "scratch" as const };
    const checkpoint = chosenCheckpoint(form, [newest]);
    expect(startOf(form, checkpoint)).toEqual({ checkpointModelId: null, fromScratch: true });
    expect(configOf(form, checkpoint)?.baseModel).toBe("YOLO11M");
  });

  it("says which number is missing, but lets the learning rate be automatic", () => {
    const form = { ...recommended([], 640), epochs: "" as const };
    expect(missing(form)).toEqual({ "config.epochs": "Enter a number." });
    expect(configOf(form, undefined)).toBeNull();
    expect(configOf(recommended([], 640), undefined)?.learningRate).toBeNull();
  });
});

describe("an estimate", () => {
  it.each([
    [2, "~5 seconds"],
    [62, "~60 seconds"],
    [100, "~2 minutes"],
    [25 * 60, "~25 minutes"],
    [7_300, "~2 hours"],
    [3 * 86_400, "~3 days"],
  ])("of %d seconds is %s", (seconds, said) => expect(roughly(seconds)).toBe(said));

  it.each([
    ["cpu", "CPU"],
    ["Tesla T4", "T4 GPU"],
    ["NVIDIA H200", "H200 GPU"],
    ["2 x Tesla T4", "2 x T4 GPU"],
    ["cuda:0", "CUDA 0 GPU"],
  ])("calls %s %s", (device, said) => expect(deviceName(device)).toBe(said));
});
