import type { BaseModel, StartTrainingInput, TrainingConfigInput } from "../../api/generated/graphql";

/** Where the weights come from before the first epoch. */
export type Start = "checkpoint" | "pretrained" | "scratch";

/** What the form holds. A number field that somebody emptied is "". */
export interface TrainingForm {
  start: Start;
  checkpointId: string | null;
  baseModel: BaseModel;
  epochs: number | "";
  batchSize: number | "";
  imageSize: number | "";
  learningRate: number | "";
  patience: number | "";
  seed: number | "";
}

export interface Checkpoint {
  id: string;
  name: string;
  baseModel: BaseModel;
  mAP50: number | null;
}

export const IMAGE_SIZE = { least: 32, most: 4_096, step: 32, usual: 640 } as const;

/** The size that the version's images were resized to, where a network takes it; else the usual one. */
export function imageSizeFor(resize: { width: number; height: number } | null | undefined): number {
  const { least, most, step, usual } = IMAGE_SIZE;
  if (!resize || resize.width !== resize.height) return usual;
  return resize.width % step === 0 && resize.width >= least && resize.width <= most ? resize.width : usual;
}

/** What is recommended: the newest model's weights, or where there is none, those pretrained on COCO. */
export function recommended(checkpoints: readonly Checkpoint[], imageSize: number): TrainingForm {
  const [newest] = checkpoints;
  return {
    start: newest ? "checkpoint" : "pretrained",
    checkpointId: newest?.id ?? null,
    baseModel: "YOLO11M",
    epochs: 100,
    batchSize: 16,
    imageSize,
    learningRate: "",
    patience: 50,
    seed: 0,
  };
}

/** The models that a training can start from: those whose architecture and checksum are recorded. */
export function checkpointsAmong(
  models: readonly {
    id: string;
    name: string;
    sha256?: string | null;
    baseModel?: BaseModel | null;
    metrics?: { mAP50: number } | null;
  }[],
): Checkpoint[] {
  return models.flatMap(({ id, name, sha256, baseModel, metrics }) =>
    sha256 && baseModel ? [{ id, name, baseModel, mAP50: metrics?.mAP50 ?? null }] : [],
  );
}

/** The checkpoint that the form starts from, if it does. */
export function chosenCheckpoint(form: TrainingForm, checkpoints: readonly Checkpoint[]): Checkpoint | undefined {
  return form.start === "checkpoint" ? checkpoints.find(({ id }) => id === form.checkpointId) : undefined;
}

const NUMBERS = ["epochs", "batchSize", "imageSize", "patience", "seed"] as const;

/** What stops the form from being sent, by the field's path; ranges are the server's to check. */
export function missing(form: TrainingForm): Record<string, string> {
  return Object.fromEntries(
    NUMBERS.filter((field) => form[field] === "").map((field) => [`config.${field}`, "Enter a number."]),
  );
}

/** The form as the API takes it, the architecture being the checkpoint's own; null while a number is missing. */
export function configOf(form: TrainingForm, checkpoint: Checkpoint | undefined): TrainingConfigInput | null {
  const { epochs, batchSize, imageSize, learningRate, patience, seed } = form;
  if (epochs === "" || batchSize === "" || imageSize === "" || patience === "" || seed === "") return null;
  return {
    baseModel: checkpoint?.baseModel ?? form.baseModel,
    epochs,
    batchSize,
    imageSize,
    learningRate: learningRate === "" ? null : learningRate,
    patience,
    seed,
  };
}

/** What the training starts from, as the API takes it. */
export function startOf(
  form: TrainingForm,
  checkpoint: Checkpoint | undefined,
): Pick<StartTrainingInput, "checkpointModelId" | "fromScratch"> {
  return { checkpointModelId: checkpoint?.id ?? null, fromScratch: form.start === "scratch" };
}

/** `~2 hours`, `~25 minutes`, `~3 days`: an estimate is no more exact than that. */
export function roughly(seconds: number): string {
  const [amount, unit] =
    seconds < 90
      ? [Math.max(5, Math.round(seconds / 5) * 5), "second"]
      : seconds < 90 * 60
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 48 * 3_600
          ? [Math.round(seconds / 3_600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return `~${amount} ${unit}${amount === 1 ? "" : "s"}`;
}

/** A device as people call it: `cpu` is CPU, `Tesla T4` is T4 GPU. */
export function deviceName(device: string): string {
  if (device === "cpu") return "CPU";
  if (device === "mps") return "Apple GPU";
  const short = device.replace(/(NVIDIA|Tesla|GeForce)\s+/g, "").replace(/^cuda:(\d+)$/, "CUDA $1");
  return /GPU/.test(short) ? short : `${short} GPU`;
}
