import type { VersionsCreateChoicesQuery } from "../../../api/generated/graphql";
import type { VersionSettings } from "./form";
import { toPercents } from "./shares";

export type EarlierVersion = VersionsCreateChoicesQuery["project"]["versions"]["nodes"][number];
type Config = Pick<EarlierVersion, "preprocessing" | "augmentation" | "splitConfig" | "filters">;

/** The settings of an earlier version, as the dialog holds them. */
export function versionSettings(version: Config): VersionSettings {
  const { preprocessing, augmentation, splitConfig, filters } = fieldsAlone(version);
  return {
    preprocessing: {
      ...preprocessing,
      resize: preprocessing.resize ?? null,
      tile: preprocessing.tile ?? null,
      contrast: preprocessing.contrast ?? null,
      maxEmptyFraction: preprocessing.maxEmptyFraction ?? null,
    },
    augmentation,
    splits: { ...splitConfig, ...toPercents(splitConfig) },
    filters: {
      ...filters,
      weedTypes: filters.weedTypes ?? [],
      minConfidence: filters.minConfidence ?? null,
      uploadBatchIds: filters.uploadBatchIds ?? [],
    },
  };
}

/** Without the `__typename`s that the cache asks for: they are no input. */
function fieldsAlone(version: Config): Config {
  return JSON.parse(JSON.stringify(version, (key, value: unknown) => (key === "__typename" ? undefined : value))) as Config;
}
