import type { ContrastMode, ResizeMode, SplitGroup } from "../../../api/generated/graphql";
import { USUAL, type Augmentation } from "./augmentation";
import type { Shares } from "./shares";

export interface ResizeForm {
  width: number;
  height: number;
  mode: ResizeMode;
}

export interface TileForm {
  rows: number;
  columns: number;
  overlap: number;
  minVisible: number;
}

export interface PreprocessingForm {
  autoOrient: boolean;
  resize: ResizeForm | null;
  tile: TileForm | null;
  grayscale: boolean;
  contrast: ContrastMode | null;
  classRemap: readonly { from: string; to: string }[];
  dropClasses: readonly string[];
  maxEmptyFraction: number | null;
}

/** The shares in percent. */
export interface SplitForm extends Shares {
  groupBy: SplitGroup;
  inherit: boolean;
  keepImported: boolean;
  seed: number;
}

/** An empty list of classes or batches restricts nothing. */
export interface FilterForm {
  weedTypes: readonly string[];
  minConfidence: number | null;
  verifiedOnly: boolean;
  includeManual: boolean;
  includeSAM3: boolean;
  includeAIDetections: boolean;
  uploadBatchIds: readonly string[];
  includeEmpty: boolean;
}

export interface VersionSettings {
  preprocessing: PreprocessingForm;
  augmentation: Augmentation;
  splits: SplitForm;
  filters: FilterForm;
}

/** Square as YOLO sees it, with the proportions kept: what is stretched grows other shapes. */
export const USUAL_RESIZE: ResizeForm = { width: 640, height: 640, mode: "FIT_BLACK" };
export const USUAL_TILE: TileForm = { rows: 2, columns: 2, overlap: 0, minVisible: 0.3 };

/** What a project's first version starts from. */
export const RECOMMENDED: VersionSettings = {
  preprocessing: {
    autoOrient: true,
    resize: USUAL_RESIZE,
    tile: null,
    grayscale: false,
    contrast: null,
    classRemap: [],
    dropClasses: [],
    maxEmptyFraction: null,
  },
  augmentation: USUAL,
  splits: { train: 80, val: 15, test: 5, groupBy: "IMAGE", inherit: true, keepImported: false, seed: 0 },
  filters: {
    weedTypes: [],
    minConfidence: null,
    verifiedOnly: false,
    includeManual: true,
    includeSAM3: false,
    includeAIDetections: false,
    uploadBatchIds: [],
    includeEmpty: false,
  },
};

/** What a section of the dialog gets: its part of the settings, how to change it, and what is wrong, by the API's paths. */
export interface Section<Value> {
  value: Value;
  change: (change: Partial<Value>) => void;
  problems: Record<string, string>;
}
