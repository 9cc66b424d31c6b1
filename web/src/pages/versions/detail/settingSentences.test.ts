import { expect, test } from "vitest";

import { percentage, settingGroups } from "./settingSentences";

type Configured = Parameters<typeof settingGroups>[0];

const PLAIN: Configured = {
  preprocessing: {
    autoOrient: false,
    grayscale: false,
    contrast: null,
    dropClasses: [],
    maxEmptyFraction: null,
    resize: null,
    tile: null,
    classRemap: [],
  },
  augmentation: {
    preset: null,
    multiplier: 1,
    horizontalFlip: false,
    verticalFlip: false,
    rotate90: false,
    rotation: 0,
    shear: 0,
    crop: 0,
    brightness: 0,
    exposure: 0,
    saturation: 0,
    hue: 0,
    grayscale: 0,
    blur: 0,
    noise: 0,
    cutoutCount: 0,
    cutoutSize: 0,
    seed: 0,
  },
  splitConfig: { train: 0.8, val: 0.15, test: 0.05, groupBy: "IMAGE", inherit: false, keepImported: false, seed: 0 },
  filters: {
    weedTypes: null,
    minConfidence: null,
    verifiedOnly: false,
    includeManual: true,
    includeSAM3: false,
    includeAIDetections: false,
    uploadBatchIds: null,
    includeEmpty: false,
  },
};

const texts = (config: Configured) =>
  Object.fromEntries(settingGroups(config).map(({ title, settings }) => [title, settings.map((one) => `${one.term}: ${one.text}`)]));

test("what is off is not listed", () => {
  expect(texts(PLAIN)).toEqual({
    Preprocessing: [],
    Augmentation: [],
    Split: ["Shares: train 80 %, val 15 %, test 5 %"],
    Filters: [],
  });
});

test("settings are sentences with their units", () => {
  const { preprocessing, augmentation } = PLAIN;
  expect(
    texts({
      ...PLAIN,
      preprocessing: {
        ...preprocessing,
        resize: { width: 640, height: 480, mode: "FIT_BLACK" },
        tile: { rows: 2, columns: 3, overlap: 0.1, minVisible: 0.3 },
        classRemap: [{ from: "car", to: "vehicle" }],
        maxEmptyFraction: 0,
      },
      augmentation: { ...augmentation, multiplier: 3, horizontalFlip: true, rotation: 15, brightness: 0.15 },
    }),
  ).toMatchObject({
    Preprocessing: [
      "Resize: to 640 × 480, fit within black bars",
      "Tile: 2 × 3, overlapping by 10 %; an object needs 30 % of its area inside",
      "Classes renamed: car → vehicle",
      "Empty pictures: at most 0 % of each split",
    ],
    Augmentation: ["Multiplier: 3 × each training image", "Flip: horizontal", "Rotation: ±15°", "Brightness: ±15 %"],
  });
});

test("percentages have no digits that nobody set", () => {
  expect(percentage(0.07)).toBe("7 %");
  expect(percentage(0.125)).toBe("12.5 %");
});
