import { percentage } from "../detail/settingSentences";

const GROUPS: Record<string, string> = {
  preprocessing: "Preprocessing",
  augmentation: "Augmentation",
  splits: "Split",
  filters: "Filters",
};

/** Those that their names in the contract do not say well. */
const NAMES: Record<string, string> = {
  "preprocessing.tile.minVisible": "Tile, least part of an object",
  "preprocessing.maxEmptyFraction": "Most empty pictures",
  "preprocessing.dropClasses": "Classes left out",
  "preprocessing.classRemap": "Classes renamed",
  "augmentation.rotate90": "Quarter turns",
  "splits.groupBy": "Groups",
  "splits.inherit": "Keep the splits of earlier versions",
  "splits.keepImported": "Keep imported splits",
  "filters.weedTypes": "Only classes",
  "filters.minConfidence": "Least confidence",
  "filters.verifiedOnly": "Only verified",
  "filters.includeManual": "Drawn by hand",
  "filters.includeSAM3": "SAM3's, not reviewed",
  "filters.includeAIDetections": "The models', not reviewed",
  "filters.uploadBatchIds": "Only uploads",
  "filters.includeEmpty": "Images without annotations",
};

const FRACTIONS = new Set([
  "crop",
  "brightness",
  "exposure",
  "saturation",
  "noise",
  "cutoutSize",
  "overlap",
  "minVisible",
  "maxEmptyFraction",
  "minConfidence",
  "train",
  "val",
  "test",
]);

/** Names of settings whose values are the contract's constants, not names that people gave. */
const CONSTANTS = new Set(["mode", "contrast", "preset", "groupBy"]);

/** `preprocessing.tile.rows` as `Preprocessing` and `Tile rows`. */
export function settingName(path: string): { group: string; name: string } {
  const [head = "", ...rest] = path.split(".");
  const words = rest.join(" ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return { group: GROUPS[head] ?? head, name: NAMES[path] ?? words.charAt(0).toUpperCase() + words.slice(1) };
}

/** A setting's value, which comes as JSON, in words; null where it is not set. */
export function settingValue(path: string, json: string | null | undefined): string {
  if (json == null) return "not set";
  const value: unknown = JSON.parse(json);
  const last = path.slice(path.lastIndexOf(".") + 1);
  if (path === "filters.uploadBatchIds" && Array.isArray(value)) return String(value.length);
  // Of the copies a share, of preprocessing a switch.
  const isFraction = FRACTIONS.has(last) || path === "augmentation.grayscale";
  if (typeof value === "number" && isFraction) return percentage(value);
  return typeof value === "string" && CONSTANTS.has(last) ? value.toLowerCase().replaceAll("_", " ") : inWords(value);
}

function inWords(value: unknown): string {
  if (value === true) return "on";
  if (value === false) return "off";
  if (Array.isArray(value)) return value.length ? value.map(inWords).join(", ") : "none";
  if (typeof value === "object" && value !== null && "from" in value && "to" in value) return `${value.from} → ${value.to}`;
  return String(value);
}
