import { AMOUNTS, CUTOUTS, hasSteps, type Amount, type Augmentation } from "./augmentation";
import type { PreprocessingForm, SplitForm, VersionSettings } from "./form";

/** Every field that the dialog can show something beside, by the API's path: what is nearer to a value comes first. */
export const FIELDS = [
  "displayName",
  "preprocessing.resize.width",
  "preprocessing.resize.height",
  "preprocessing.tile.rows",
  "preprocessing.tile.columns",
  "preprocessing.tile.overlap",
  "preprocessing.tile.minVisible",
  "preprocessing.maxEmptyFraction",
  "preprocessing.classRemap",
  "preprocessing.dropClasses",
  "augmentation.multiplier",
  ...Object.keys(AMOUNTS).map((name) => `augmentation.${name}`),
  "augmentation.cutoutCount",
  "augmentation.cutoutSize",
  "augmentation.seed",
  "splits.seed",
  "splits",
  "filters.weedTypes",
  "filters.minConfidence",
  "filters.uploadBatchIds",
  "filters",
] as const;

type Problems = Record<string, string>;

const MOST_SEED = 2 ** 31 - 1;
const MOST_LISTED = 1_000;
export const MOST_NAME = 200;

/** What the API would refuse, known before it is asked. */
export function problemsOf({ preprocessing, augmentation, splits, filters }: VersionSettings): Problems {
  return {
    ...prefixed("preprocessing", inPreprocessing(preprocessing)),
    ...prefixed("augmentation", inAugmentation(augmentation)),
    ...inSplits(splits),
    ...(outside(filters.minConfidence ?? 0, 0, 1) ? { "filters.minConfidence": "Choose 0 to 100 %." } : {}),
  };
}

function inPreprocessing({ resize, tile, ...form }: PreprocessingForm): Problems {
  const found: Problems = {};
  for (const side of ["width", "height"] as const)
    if (resize && (outside(resize[side], 16, 8_192) || !Number.isInteger(resize[side])))
      found[`resize.${side}`] = "Choose 16 to 8,192 pixels.";
  for (const side of ["rows", "columns"] as const)
    if (tile && (outside(tile[side], 1, 16) || !Number.isInteger(tile[side]))) found[`tile.${side}`] = "Choose 1 to 16.";
  if (tile && outside(tile.overlap, 0, 0.9)) found["tile.overlap"] = "Choose 0 to 90 %.";
  if (tile && outside(tile.minVisible, 0, 1)) found["tile.minVisible"] = "Choose 0 to 100 %.";
  if (outside(form.maxEmptyFraction ?? 0, 0, 1)) found.maxEmptyFraction = "Choose 0 to 100 %.";
  const renaming = inRenaming(form);
  if (renaming) found.classRemap = renaming;
  if (form.dropClasses.length > MOST_LISTED) found.dropClasses = "Choose at most 1,000 classes.";
  return found;
}

function inRenaming({ classRemap, dropClasses }: Pick<PreprocessingForm, "classRemap" | "dropClasses">): string | null {
  const seen = new Set<string>();
  for (const { from, to } of classRemap) {
    if (!to.trim()) return `Give ${from} its new name.`;
    if (to.trim() !== to) return `The new name of ${from} has a blank at its start or end.`;
    if (seen.has(from)) return `${from} is renamed twice.`;
    if (dropClasses.includes(from)) return `${from} is left out, so that it cannot be renamed as well.`;
    seen.add(from);
  }
  return null;
}

function inAugmentation(augmentation: Augmentation): Problems {
  const found: Problems = {};
  for (const name of Object.keys(AMOUNTS) as Amount[]) {
    const { most, unit } = AMOUNTS[name];
    if (outside(augmentation[name], 0, most)) found[name] = `Choose 0 to ${Math.round(most * unit.scale)}${unit.suffix}.`;
  }
  const { cutoutCount, cutoutSize } = augmentation;
  if (outside(cutoutCount, 0, CUTOUTS.mostCount) || !Number.isInteger(cutoutCount)) found.cutoutCount = "Choose 0 to 25.";
  else if (cutoutCount === 0 && cutoutSize > 0) found.cutoutCount = "Choose how many.";
  if (outside(cutoutSize, 0, 1)) found.cutoutSize = "Choose 0 to 100 %.";
  else if (cutoutCount > 0 && cutoutSize === 0) found.cutoutSize = "Choose a size.";
  if (isNoSeed(augmentation.seed)) found.seed = SEED;
  const steps = hasSteps(augmentation);
  if (augmentation.multiplier === 1 && steps) found.multiplier = "With 1× no copy is made: choose 2× or more, or no step.";
  if (augmentation.multiplier > 1 && !steps && !found.cutoutCount && !found.cutoutSize)
    found.multiplier = "Copies need a step to differ by: choose one, or 1×.";
  return found;
}

function inSplits({ train, seed }: SplitForm): Problems {
  return {
    ...(train > 0 ? {} : { splits: "Some images must be for training." }),
    ...(isNoSeed(seed) ? { "splits.seed": SEED } : {}),
  };
}

const SEED = "Choose a whole number from 0 to 2,147,483,647.";

function isNoSeed(seed: number): boolean {
  return outside(seed, 0, MOST_SEED) || !Number.isInteger(seed);
}

function outside(value: number, low: number, high: number): boolean {
  return !(value >= low && value <= high);
}

function prefixed(path: string, problems: Problems): Problems {
  return Object.fromEntries(Object.entries(problems).map(([name, message]) => [`${path}.${name}`, message]));
}
