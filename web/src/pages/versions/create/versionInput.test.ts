import { describe, expect, it } from "vitest";

import { PRESETS } from "./augmentation";
import { RECOMMENDED, type VersionSettings } from "./form";
import { namedInput, versionInput } from "./versionInput";
import { versionSettings } from "./versionSettings";

const typed = { __typename: "Anything" };

const rich: VersionSettings = {
  preprocessing: {
    autoOrient: false,
    resize: { width: 800, height: 600, mode: "FILL_CENTER_CROP" },
    tile: { rows: 4, columns: 3, overlap: 0.1, minVisible: 0.5 },
    grayscale: true,
    contrast: "ADAPTIVE",
    classRemap: [{ from: "minibus", to: "bus" }],
    dropClasses: ["truck"],
    maxEmptyFraction: 0.25,
  },
  augmentation: { ...PRESETS.HEAVY, seed: 9 },
  splits: { train: 70, val: 20, test: 10, groupBy: "GPS_CELL", inherit: false, keepImported: true, seed: 4 },
  filters: {
    weedTypes: ["bus", "car"],
    minConfidence: 0.4,
    verifiedOnly: true,
    includeManual: true,
    includeSAM3: true,
    includeAIDetections: true,
    uploadBatchIds: ["b1"],
    includeEmpty: true,
  },
};

/** The API's answer for a version that was made with this input. */
function answered(settings: VersionSettings) {
  const { preprocessing, augmentation, splits, filters } = versionInput("p", settings);
  const { preset: _, ...values } = augmentation;
  return {
    preprocessing: {
      ...typed,
      ...preprocessing,
      resize: preprocessing.resize && { ...typed, ...preprocessing.resize },
      tile: preprocessing.tile && { ...typed, ...preprocessing.tile },
      classRemap: (preprocessing.classRemap ?? []).map((one) => ({ ...typed, ...one })),
      dropClasses: preprocessing.dropClasses ?? [],
    },
    augmentation: { ...typed, ...values },
    splitConfig: { ...typed, ...splits },
    filters: { ...typed, ...filters },
  };
}

describe("versionInput", () => {
  it("gives shares as fractions, and no list rather than an empty one, which the API refuses", () => {
    const input = versionInput("p", RECOMMENDED);
    expect(input.splits).toMatchObject({ train: 0.8, val: 0.15, test: 0.05 });
    expect(input.preprocessing).toMatchObject({ classRemap: null, dropClasses: null });
    expect(input.filters).toMatchObject({ weedTypes: null, uploadBatchIds: null });
  });

  it("names the preset only while its values are untouched", () => {
    expect(versionInput("p", rich).augmentation.preset).toBe("HEAVY");
    const touched = { ...rich, augmentation: { ...rich.augmentation, hue: 11 } };
    expect(versionInput("p", touched).augmentation.preset).toBeNull();
  });

  it("leaves an empty name to the number", () => {
    expect(namedInput("p", RECOMMENDED, "  ").displayName).toBeNull();
    expect(namedInput("p", RECOMMENDED, " March 2025 Release ").displayName).toBe("March 2025 Release");
  });
});

describe("versionSettings", () => {
  it("of a version made from settings are those settings", () => {
    expect(versionSettings(answered(rich))).toEqual(rich);
    expect(versionSettings(answered(RECOMMENDED))).toEqual(RECOMMENDED);
  });

  it("can be sent again: nothing of the answer's types is left in them", () => {
    expect(JSON.stringify(versionInput("p", versionSettings(answered(rich))))).not.toContain("__typename");
  });
});
