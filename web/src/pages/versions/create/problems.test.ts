import { describe, expect, it } from "vitest";

import { PRESETS } from "./augmentation";
import { RECOMMENDED, USUAL_TILE, type PreprocessingForm } from "./form";
import { FIELDS, problemsOf } from "./problems";

function withPreprocessing(change: Partial<PreprocessingForm>) {
  return problemsOf({ ...RECOMMENDED, preprocessing: { ...RECOMMENDED.preprocessing, ...change } });
}

function renamed(...classRemap: { from: string; to: string }[]) {
  return withPreprocessing({ classRemap, dropClasses: ["truck"] })["preprocessing.classRemap"];
}

function wrong(augmentation: typeof PRESETS.NONE) {
  return problemsOf({ ...RECOMMENDED, augmentation })["augmentation.multiplier"];
}

describe("problemsOf", () => {
  it("finds nothing wrong with the recommended settings and the presets", () => {
    expect(problemsOf(RECOMMENDED)).toEqual({});
    for (const augmentation of Object.values(PRESETS)) expect(problemsOf({ ...RECOMMENDED, augmentation })).toEqual({});
  });

  it("holds sizes and tiles to the API's ranges, whole numbers only", () => {
    const resize = { width: 15, height: 8_193, mode: "STRETCH" } as const;
    const tile = { ...USUAL_TILE, rows: 17, columns: 1.5, overlap: 0.95, minVisible: -0.1 };
    expect(Object.keys(withPreprocessing({ resize, tile })).toSorted()).toEqual([
      "preprocessing.resize.height",
      "preprocessing.resize.width",
      "preprocessing.tile.columns",
      "preprocessing.tile.minVisible",
      "preprocessing.tile.overlap",
      "preprocessing.tile.rows",
    ]);
  });

  it("tells of classes renamed without a name, twice, or though left out", () => {
    expect(renamed({ from: "bus", to: "van" })).toBeUndefined();
    expect(renamed({ from: "bus", to: " " })).toBe("Give bus its new name.");
    expect(renamed({ from: "bus", to: "van" }, { from: "bus", to: "car" })).toBe("bus is renamed twice.");
    expect(renamed({ from: "truck", to: "van" })).toContain("left out");
  });

  it("tells of copies without steps, and of steps without copies", () => {
    expect(wrong({ ...PRESETS.LIGHT, multiplier: 1 })).toContain("no copy");
    expect(wrong({ ...PRESETS.NONE, multiplier: 3 })).toContain("need a step");
  });

  it("says an amount's limits as it is shown, in percent or degrees", () => {
    const augmentation = { ...PRESETS.MEDIUM, rotation: 60, noise: 0.5 };
    expect(problemsOf({ ...RECOMMENDED, augmentation })).toEqual({
      "augmentation.rotation": "Choose 0 to 45°.",
      "augmentation.noise": "Choose 0 to 25 %.",
    });
  });

  it("wants training images and whole seeds, and knows each field it names", () => {
    const splits = { ...RECOMMENDED.splits, train: 0, val: 60, test: 40, seed: -1 };
    const found = problemsOf({ ...RECOMMENDED, splits });
    expect(Object.keys(found)).toEqual(["splits", "splits.seed"]);
    for (const path of Object.keys(found)) expect(FIELDS).toContain(path);
  });
});
