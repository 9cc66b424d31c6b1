import type { CreateVersionInput } from "../../../api/generated/graphql";
import { presetOf } from "./augmentation";
import type { FilterForm, PreprocessingForm, VersionSettings } from "./form";
import { toFractions } from "./shares";

/** An empty list means no restriction to a person; the API wants it left out. */
function listed<One>(values: readonly One[]): One[] | null {
  return values.length ? [...values] : null;
}

/** The API's input for the settings of the dialog, with every value named. */
export function versionInput(projectId: string, settings: VersionSettings) {
  const { augmentation, splits } = settings;
  return {
    projectId,
    preprocessing: preprocessingInput(settings.preprocessing),
    augmentation: { ...augmentation, preset: presetOf(augmentation) },
    splits: { ...splits, ...toFractions(splits) },
    filters: filtersInput(settings.filters),
  } satisfies CreateVersionInput;
}

/** With the name as it is shown: blanks around it are nobody's intention, and none at all leaves it to the number. */
export function namedInput(projectId: string, settings: VersionSettings, displayName: string): CreateVersionInput {
  return { ...versionInput(projectId, settings), displayName: displayName.trim() || null };
}

function preprocessingInput(form: PreprocessingForm) {
  return { ...form, classRemap: listed(form.classRemap), dropClasses: listed(form.dropClasses) };
}

function filtersInput(form: FilterForm) {
  return { ...form, weedTypes: listed(form.weedTypes), uploadBatchIds: listed(form.uploadBatchIds) };
}
