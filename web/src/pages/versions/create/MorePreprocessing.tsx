import { Checkbox, MultiSelect, Select } from "@mantine/core";

import type { ContrastMode } from "../../../api/generated/graphql";
import { useProject } from "../../../api/projectContext";
import { AmountRow } from "./AmountRow";
import { ClassRenames } from "./ClassRenames";
import { Fold } from "./Fold";
import type { PreprocessingForm, Section } from "./form";

const CONTRASTS: { value: ContrastMode | "NONE"; label: string }[] = [
  { value: "NONE", label: "As it is" },
  { value: "STRETCH", label: "Stretch the contrast" },
  { value: "HISTOGRAM", label: "Even out the histogram" },
  { value: "ADAPTIVE", label: "Adaptive (CLAHE)" },
];
const SHARE = { scale: 100, prefix: "≤ ", suffix: " %", step: 5 };

export function MorePreprocessing({ value, change, problems }: Section<PreprocessingForm>) {
  const names = useProject().classCounts.map(({ name }) => name);
  const known = [...new Set([...names, ...value.dropClasses])];
  const set =
    value.grayscale ||
    value.contrast !== null ||
    value.classRemap.length > 0 ||
    value.dropClasses.length > 0 ||
    value.maxEmptyFraction !== null;
  const at = (name: string) => problems[`preprocessing.${name}`];
  return (
    <Fold
      title="More preprocessing"
      set={set}
      wrong={Boolean(at("classRemap") ?? at("dropClasses") ?? at("maxEmptyFraction"))}
    >
      <Checkbox
        label="Grayscale"
        checked={value.grayscale}
        onChange={(event) => change({ grayscale: event.currentTarget.checked })}
      />
      <Select
        label="Contrast"
        data={CONTRASTS}
        value={value.contrast ?? "NONE"}
        onChange={(picked) => change({ contrast: picked === "NONE" ? null : picked })}
        allowDeselect={false}
        maw={280}
      />
      <MultiSelect
        label="Leave out classes"
        description="Their annotations are not in the version."
        data={known}
        value={[...value.dropClasses]}
        onChange={(dropClasses) => change({ dropClasses })}
        error={at("dropClasses")}
        placeholder={value.dropClasses.length ? undefined : "None"}
        searchable
        clearable
        clearButtonProps={{ "aria-label": "Leave out no class" }}
        maw={420}
      />
      <ClassRenames
        renames={value.classRemap}
        classes={names}
        change={(classRemap) => change({ classRemap })}
        error={at("classRemap")}
      />
      <AmountRow
        label="Limit pictures without an object"
        value={value.maxEmptyFraction}
        zeroIsOff={false}
        usual={0.2}
        most={1}
        unit={SHARE}
        error={at("maxEmptyFraction")}
        onChange={(maxEmptyFraction) => change({ maxEmptyFraction })}
      />
    </Fold>
  );
}
