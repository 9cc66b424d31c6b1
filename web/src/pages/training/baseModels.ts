import type { BaseModel } from "../../api/generated/graphql";

/** Every architecture that a training can have, as people call it. */
const NAMES = {
  YOLO11N: "YOLOv11-Nano",
  YOLO11S: "YOLOv11-Small",
  YOLO11M: "YOLOv11-Medium",
  YOLO11L: "YOLOv11-Large",
  YOLO11X: "YOLOv11-XLarge",
  YOLO26N: "YOLO26-Nano",
  YOLO26S: "YOLO26-Small",
  YOLO26M: "YOLO26-Medium",
  YOLO26L: "YOLO26-Large",
  YOLO26X: "YOLO26-XLarge",
} as const satisfies Record<BaseModel, string>;

export const BASE_MODELS = Object.entries(NAMES).map(([value, label]) => ({ value: value as BaseModel, label }));

export function baseModelName(model: BaseModel): string {
  return NAMES[model];
}
