import type { AugmentationPreset } from "../../../api/generated/graphql";

/** Every value of the API's augmentation, in its own units. */
export interface Augmentation {
  multiplier: number;
  horizontalFlip: boolean;
  verticalFlip: boolean;
  rotate90: boolean;
  rotation: number;
  shear: number;
  crop: number;
  brightness: number;
  exposure: number;
  saturation: number;
  hue: number;
  grayscale: number;
  blur: number;
  noise: number;
  cutoutCount: number;
  cutoutSize: number;
  seed: number;
}

export type Turn = "horizontalFlip" | "verticalFlip" | "rotate90";
export type Amount =
  | "rotation"
  | "shear"
  | "crop"
  | "brightness"
  | "exposure"
  | "saturation"
  | "hue"
  | "grayscale"
  | "blur"
  | "noise";

export interface Unit {
  /** What a 1 of the API is shown as: 100 for a percentage. */
  scale: number;
  prefix: string;
  suffix: string;
  /** By how much a click changes what is shown. */
  step: number;
}

const DEGREES: Unit = { scale: 1, prefix: "±", suffix: "°", step: 5 };
const PERCENT: Unit = { scale: 100, prefix: "±", suffix: " %", step: 5 };
const UP_TO: Unit = { scale: 100, prefix: "≤ ", suffix: " %", step: 5 };
const PIXELS: Unit = { scale: 1, prefix: "≤ ", suffix: " px", step: 0.5 };

/** Each step that has an amount: its words, greatest amount, and the amount to start from. */
export const AMOUNTS: Record<Amount, { label: string; most: number; usual: number; unit: Unit }> = {
  rotation: { label: "Rotation", most: 45, usual: 15, unit: DEGREES },
  brightness: { label: "Brightness", most: 0.99, usual: 0.1, unit: PERCENT },
  exposure: { label: "Exposure", most: 0.99, usual: 0.1, unit: PERCENT },
  saturation: { label: "Saturation", most: 0.99, usual: 0.2, unit: PERCENT },
  hue: { label: "Hue", most: 180, usual: 12, unit: DEGREES },
  shear: { label: "Shear", most: 45, usual: 10, unit: DEGREES },
  crop: { label: "Random crop", most: 0.9, usual: 0.2, unit: UP_TO },
  blur: { label: "Blur", most: 25, usual: 1.5, unit: PIXELS },
  noise: { label: "Noise", most: 0.25, usual: 0.01, unit: { ...UP_TO, step: 1 } },
  grayscale: { label: "Grey copies", most: 1, usual: 0.1, unit: { ...PERCENT, prefix: "" } },
};

export const CUTOUTS = { mostCount: 25, usualCount: 4, usualSize: 0.1 };
export const MOST_COPIES = 10;

const NOTHING: Augmentation = {
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
};

const FLIPS = { horizontalFlip: true, verticalFlip: true };

/** As the contract lists them at AugmentationPreset. */
export const PRESETS: Record<AugmentationPreset, Augmentation> = {
  NONE: NOTHING,
  LIGHT: { ...NOTHING, ...FLIPS, multiplier: 2, brightness: 0.1 },
  MEDIUM: {
    ...NOTHING,
    ...FLIPS,
    multiplier: 3,
    rotate90: true,
    rotation: 15,
    brightness: 0.15,
    exposure: 0.1,
    saturation: 0.2,
  },
  HEAVY: {
    ...NOTHING,
    ...FLIPS,
    multiplier: 5,
    rotate90: true,
    rotation: 25,
    shear: 10,
    crop: 0.2,
    brightness: 0.2,
    exposure: 0.2,
    saturation: 0.35,
    hue: 12,
    grayscale: 0.1,
    blur: 1.5,
    noise: 0.01,
    cutoutCount: 4,
    cutoutSize: 0.1,
  },
};

/** What plan's dialog starts from. */
export const USUAL: Augmentation = { ...NOTHING, multiplier: 3, horizontalFlip: true, rotation: 15 };

/** The preset whose values these are, whatever the seed; null for a mixture of one's own. */
export function presetOf(augmentation: Augmentation): AugmentationPreset | null {
  const names = Object.keys(PRESETS) as AugmentationPreset[];
  const fields = (Object.keys(NOTHING) as (keyof Augmentation)[]).filter((field) => field !== "seed");
  return names.find((name) => fields.every((field) => PRESETS[name][field] === augmentation[field])) ?? null;
}

/** Whether a copy can differ from its source. */
export function hasSteps(augmentation: Augmentation): boolean {
  const { multiplier: _, seed: __, cutoutCount, cutoutSize, ...steps } = augmentation;
  return cutoutCount * cutoutSize > 0 || Object.values(steps).some(Boolean);
}

/**
 * With steps changed. The first step makes copies, the last one that goes ends them: the API refuses copies without a
 * step and steps without a copy.
 */
export function withSteps(before: Augmentation, change: Partial<Augmentation>): Augmentation {
  const next = { ...before, ...change };
  if (hasSteps(before) === hasSteps(next)) return next;
  return { ...next, multiplier: hasSteps(next) ? Math.max(2, next.multiplier) : 1 };
}
