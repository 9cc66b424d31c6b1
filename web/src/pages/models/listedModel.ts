import type { ModelsQuery } from "../../api/generated/graphql";

export type ListedModel = ModelsQuery["project"]["models"]["nodes"][number];

/** What a model's own figures were measured on: its training's validation images. */
export function measuredOn({ version }: { version?: { version: number } | null }): string {
  return version ? `v${version.version} val` : "its own data";
}
