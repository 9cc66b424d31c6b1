import type { ContrastMode, ResizeMode, SplitGroup } from "../../../api/generated/graphql";
import type { Version } from "./documents";

export interface Setting {
  term: string;
  text: string;
}

export interface SettingGroup {
  title: string;
  settings: Setting[];
  /** What to say where nothing of the group is set. */
  otherwise: string;
}

type Configured = Pick<Version, "preprocessing" | "augmentation" | "splitConfig" | "filters">;

const RESIZE: Record<ResizeMode, string> = {
  STRETCH: "stretched",
  FIT_BLACK: "fit within black bars",
  FIT_WHITE: "fit within white bars",
  FIT_REFLECT: "fit, with mirrored borders",
  FIT_WITHIN: "fit within, nothing filled",
  FILL_CENTER_CROP: "filled, the edges cut off",
};

const CONTRAST: Record<ContrastMode, string> = {
  STRETCH: "stretched",
  HISTOGRAM: "evened out over the whole picture",
  ADAPTIVE: "evened out in each neighbourhood",
};

const GROUPS: Record<Exclude<SplitGroup, "IMAGE">, string> = {
  UPLOAD_BATCH: "images of one upload stay together",
  GPS_CELL: "images taken within about a hundred metres stay together",
  SIMILAR: "near-identical images stay together",
};

/** A version's settings in words; what is off is left out. */
export function settingGroups({ preprocessing, augmentation, splitConfig, filters }: Configured): SettingGroup[] {
  return [
    { title: "Preprocessing", settings: preprocessingSettings(preprocessing), otherwise: "Images are as they were uploaded." },
    { title: "Augmentation", settings: augmentationSettings(augmentation), otherwise: "Each training image is written once." },
    { title: "Split", settings: splitSettings(splitConfig), otherwise: "" },
    { title: "Filters", settings: filterSettings(filters), otherwise: "Every annotated image is in." },
  ];
}

/** The settings for which something is said. */
function said(...all: [term: string, text: string | false | null | undefined][]): Setting[] {
  return all.flatMap(([term, text]) => (text ? [{ term, text }] : []));
}

function preprocessingSettings(config: Configured["preprocessing"]): Setting[] {
  const { resize, tile, contrast, classRemap, dropClasses, maxEmptyFraction } = config;
  return said(
    ["Auto-orient", config.autoOrient && "turned upright as their EXIF data says"],
    ["Resize", resize && `to ${resize.width} × ${resize.height}, ${RESIZE[resize.mode]}`],
    ["Tile", tile && tiles(tile)],
    ["Grayscale", config.grayscale && "without colour"],
    ["Contrast", contrast && CONTRAST[contrast]],
    ["Classes left out", dropClasses.join(", ")],
    ["Classes renamed", classRemap.map(({ from, to }) => `${from} → ${to}`).join(", ")],
    ["Empty pictures", maxEmptyFraction != null && `at most ${percentage(maxEmptyFraction)} of each split`],
  );
}

function tiles({ rows, columns, overlap, minVisible }: NonNullable<Configured["preprocessing"]["tile"]>): string {
  const grid = `${rows} × ${columns}${overlap ? `, overlapping by ${percentage(overlap)}` : ""}`;
  return `${grid}; an object needs ${percentage(minVisible)} of its area inside`;
}

function augmentationSettings(config: Configured["augmentation"]): Setting[] {
  if (config.multiplier === 1) return [];
  const { cutoutCount, cutoutSize } = config;
  return said(
    ["Multiplier", `${config.multiplier} × each training image`],
    ["Preset", config.preset && config.preset !== "NONE" && `from ${config.preset.toLowerCase()}`],
    ["Flip", [config.horizontalFlip && "horizontal", config.verticalFlip && "vertical"].filter(Boolean).join(", ")],
    ["Quarter turns", config.rotate90 && "0 to 3"],
    ["Rotation", within(config.rotation, degrees)],
    ["Shear", within(config.shear, degrees)],
    ["Crop", config.crop > 0 && `up to ${percentage(config.crop)}`],
    ["Brightness", within(config.brightness, percentage)],
    ["Exposure", within(config.exposure, percentage)],
    ["Saturation", within(config.saturation, percentage)],
    ["Hue", within(config.hue, degrees)],
    ["Grayscale", config.grayscale > 0 && `${percentage(config.grayscale)} of the copies`],
    ["Blur", config.blur > 0 && `up to ${short(config.blur)} px`],
    ["Noise", config.noise > 0 && `up to ${percentage(config.noise)} of the pixels`],
    ["Cutouts", cutoutCount > 0 && `${cutoutCount}, each ${percentage(cutoutSize)} of a side`],
    ["Seed", config.seed !== 0 && String(config.seed)],
  );
}

function splitSettings(config: Configured["splitConfig"]): Setting[] {
  const { train, val, test, groupBy } = config;
  return said(
    ["Shares", `train ${percentage(train)}, val ${percentage(val)}, test ${percentage(test)}`],
    ["Groups", groupBy !== "IMAGE" && GROUPS[groupBy]],
    ["Earlier versions", config.inherit && "images keep the split that they had"],
    ["Imported splits", config.keepImported && "win over everything"],
    ["Seed", config.seed !== 0 && String(config.seed)],
  );
}

function filterSettings(config: Configured["filters"]): Setting[] {
  const { weedTypes, minConfidence, uploadBatchIds } = config;
  const unreviewed = [config.includeSAM3 && "SAM3's", config.includeAIDetections && "the models'"].filter(Boolean);
  return said(
    ["Classes", weedTypes && `only ${weedTypes.join(", ")}`],
    ["Confidence", minConfidence != null && `at least ${percentage(minConfidence)}, where there is one`],
    ["Verified", config.verifiedOnly && "only what a person verified"],
    ["Drawn by hand", !config.includeManual && "left out"],
    ["Not reviewed", unreviewed.length > 0 && `${unreviewed.join(" and ")} are in`],
    ["Uploads", uploadBatchIds && `only ${uploadBatchIds.length} ${uploadBatchIds.length === 1 ? "upload" : "uploads"}`],
    ["Background", config.includeEmpty && "images without annotations are in"],
  );
}

function within(amount: number, unit: (amount: number) => string): string | false {
  return amount > 0 && `±${unit(amount)}`;
}

function degrees(amount: number): string {
  return `${short(amount)}°`;
}

/** With a space that no line breaks at. */
export function percentage(fraction: number): string {
  return `${short(fraction * 100)}\u00a0%`;
}

/** Without the digits that floating-point arithmetic makes up. */
function short(value: number): string {
  return String(Number(value.toFixed(2)));
}
