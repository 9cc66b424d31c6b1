import { expect, test } from "vitest";

import { settingName, settingValue } from "./settingWords";

test("paths are words under their group", () => {
  expect(settingName("preprocessing.tile.rows")).toEqual({ group: "Preprocessing", name: "Tile rows" });
  expect(settingName("augmentation.horizontalFlip")).toEqual({ group: "Augmentation", name: "Horizontal flip" });
  expect(settingName("filters.includeSAM3")).toEqual({ group: "Filters", name: "SAM3's, not reviewed" });
});

test("values are said as people say them", () => {
  expect(settingValue("augmentation.brightness", "0.15")).toBe("15 %");
  expect(settingValue("augmentation.rotation", "15.0")).toBe("15");
  expect(settingValue("augmentation.grayscale", "0.1")).toBe("10 %");
  expect(settingValue("preprocessing.grayscale", "true")).toBe("on");
  expect(settingValue("preprocessing.resize.mode", '"FIT_BLACK"')).toBe("fit black");
  expect(settingValue("preprocessing.tile.rows", null)).toBe("not set");
  expect(settingValue("preprocessing.dropClasses", "[]")).toBe("none");
  expect(settingValue("preprocessing.dropClasses", '["PINE"]')).toBe("PINE");
  expect(settingValue("preprocessing.classRemap", '[{"from": "car", "to": "vehicle"}]')).toBe("car → vehicle");
  expect(settingValue("filters.uploadBatchIds", '["a", "b"]')).toBe("2");
});
