import { Checkbox, Input, MultiSelect } from "@mantine/core";

import { useProject } from "../../../api/projectContext";
import { counted } from "../../../components/numbers";
import { AmountRow } from "./AmountRow";
import { Fold } from "./Fold";
import type { FilterForm, Section } from "./form";
import { FormSection } from "./FormSection";
import classes from "./fields.module.css";

export interface Batch {
  id: string;
  name: string;
  assetCount: number;
}

const CONFIDENCE = { scale: 100, prefix: "≥ ", suffix: " %", step: 5 };
const FLAGS = [
  ["verifiedOnly", "Verified annotations only"],
  ["includeEmpty", "Also images without annotations"],
] as const;
const SOURCES = [
  ["includeManual", "Drawn by hand"],
  ["includeSAM3", "Found by SAM3, not reviewed yet"],
  ["includeAIDetections", "Detected by a model, not reviewed yet"],
] as const;

/** Which images and annotations count. */
export function FilterFields({ batches, ...section }: Section<FilterForm> & { batches: readonly Batch[] }) {
  const { value, change, problems } = section;
  const names = useProject().classCounts.map(({ name }) => name);
  const wrong = Object.keys(problems).some((path) => path.startsWith("filters"));
  return (
    <FormSection title="Filters">
      <Fold title="Choose images and annotations" set={isSet(value)} wrong={wrong}>
        {problems.filters && <Input.Error>{problems.filters}</Input.Error>}
        <MultiSelect
          label="Classes"
          data={[...new Set([...names, ...value.weedTypes])]}
          value={[...value.weedTypes]}
          onChange={(weedTypes) => change({ weedTypes })}
          error={problems["filters.weedTypes"]}
          placeholder={value.weedTypes.length ? undefined : "All classes"}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "All classes" }}
          maw={420}
        />
        <MultiSelect
          label="Upload batches"
          data={batches.map(({ id, name, assetCount }) => ({ value: id, label: `${name} (${counted(assetCount, "image")})` }))}
          value={[...value.uploadBatchIds]}
          onChange={(uploadBatchIds) => change({ uploadBatchIds })}
          error={problems["filters.uploadBatchIds"]}
          placeholder={value.uploadBatchIds.length ? undefined : "All batches"}
          searchable
          clearable
          clearButtonProps={{ "aria-label": "All batches" }}
          maw={420}
        />
        <Flags flags={FLAGS} {...section} />
        <AmountRow
          label="Minimum confidence"
          value={value.minConfidence}
          zeroIsOff={false}
          usual={0.5}
          most={1}
          unit={CONFIDENCE}
          error={problems["filters.minConfidence"]}
          onChange={(minConfidence) => change({ minConfidence })}
        />
        <Input.Wrapper label="Sources" description="Accepted annotations always count, whatever made them." labelElement="div">
          <div className={classes.rows} style={{ marginTop: 8 }}>
            <Flags flags={SOURCES} {...section} />
          </div>
        </Input.Wrapper>
      </Fold>
    </FormSection>
  );
}

type Flag = (typeof FLAGS)[number][0] | (typeof SOURCES)[number][0];

function Flags({
  flags,
  value,
  change,
}: Section<FilterForm> & { flags: readonly (readonly [name: Flag, label: string])[] }) {
  return flags.map(([name, label]) => (
    <Checkbox
      key={name}
      label={label}
      checked={value[name]}
      onChange={(event) => change({ [name]: event.currentTarget.checked })}
    />
  ));
}

function isSet(value: FilterForm): boolean {
  const { weedTypes, uploadBatchIds, minConfidence, verifiedOnly, includeEmpty } = value;
  const asked = value.includeSAM3 || value.includeAIDetections || !value.includeManual;
  return weedTypes.length + uploadBatchIds.length > 0 || minConfidence !== null || verifiedOnly || includeEmpty || asked;
}
