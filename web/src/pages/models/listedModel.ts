import type { ModelsQuery } from "../../api/generated/graphql";

export type ListedModel = ModelsQuery["project"]["models"]["nodes"][number];

/** What a model's own figures were measured on: its training's validation images. */
export function measuredOn({ version }: { version?: { version: number } | null }): string {
  return version ? `v${version.version} val` : "its own data";
}

/** `YOLO11M` as `YOLOv11-Medium`. */
export function architecture(base: string | null | undefined): string {
  const [, family, letter] = /^YOLO(\d+)([NSMLX])$/.exec(base ?? "") ?? [];
  if (!family || !letter) return "–";
  return `YOLOv${family}-${{ N: "Nano", S: "Small", M: "Medium", L: "Large", X: "Extra large" }[letter]}`;
}
