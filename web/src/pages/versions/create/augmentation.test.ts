import { describe, expect, it } from "vitest";

import { hasSteps, PRESETS, presetOf, USUAL, withSteps } from "./augmentation";

describe("presets", () => {
  it("are known again by their values, whatever the seed", () => {
    expect(presetOf(PRESETS.MEDIUM)).toBe("MEDIUM");
    expect(presetOf({ ...PRESETS.HEAVY, seed: 7 })).toBe("HEAVY");
    expect(presetOf({ ...PRESETS.LIGHT, brightness: 0.2 })).toBeNull();
    expect(presetOf({ ...PRESETS.LIGHT, multiplier: 4 })).toBeNull();
    expect(presetOf(USUAL)).toBeNull();
  });
});

describe("steps", () => {
  it("are none in NONE, and cutouts only with a count and a size", () => {
    expect(hasSteps(PRESETS.NONE)).toBe(false);
    expect(hasSteps({ ...PRESETS.NONE, multiplier: 4, seed: 3 })).toBe(false);
    expect(hasSteps({ ...PRESETS.NONE, cutoutCount: 3 })).toBe(false);
    expect(hasSteps({ ...PRESETS.NONE, cutoutCount: 3, cutoutSize: 0.1 })).toBe(true);
    expect(hasSteps({ ...PRESETS.NONE, blur: 0.5 })).toBe(true);
  });

  it("make copies with the first, and end them with the last", () => {
    const one = withSteps(PRESETS.NONE, { verticalFlip: true });
    expect(one.multiplier).toBe(2);
    const two = withSteps({ ...one, multiplier: 5 }, { hue: 10 });
    expect(two.multiplier).toBe(5);
    const last = withSteps(withSteps(two, { verticalFlip: false }), { hue: 0 });
    expect(last.multiplier).toBe(1);
    expect(presetOf(last)).toBe("NONE");
  });
});
