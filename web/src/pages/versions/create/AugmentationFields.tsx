import { Select, Text } from "@mantine/core";

import type { AugmentationPreset } from "../../../api/generated/graphql";
import { count } from "../../../components/numbers";
import { MOST_COPIES, PRESETS, presetOf, type Amount, type Augmentation } from "./augmentation";
import type { Section } from "./form";
import { FormSection } from "./FormSection";
import { MoreAugmentation } from "./MoreAugmentation";
import { StepRow, TurnRow } from "./StepRow";
import type { Preview } from "./useVersionPreview";
import classes from "./fields.module.css";

const WORDS: { value: AugmentationPreset; label: string }[] = [
  { value: "NONE", label: "None" },
  { value: "LIGHT", label: "Light" },
  { value: "MEDIUM", label: "Medium" },
  { value: "HEAVY", label: "Heavy" },
];
const CUSTOM = { value: "CUSTOM", label: "Custom" } as const;
const MULTIPLIERS = Array.from({ length: MOST_COPIES }, (_, index) => ({
  value: String(index + 1),
  label: `${index + 1}×`,
}));
const FIRST: Amount[] = ["rotation", "brightness"];

/** Applied to training images only. */
export function AugmentationFields({ preview, ...section }: Section<Augmentation> & { preview: Preview | undefined }) {
  const { value, change, problems } = section;
  const preset = presetOf(value);
  const written = preview && `${preview.exact ? "" : "at most "}${count(preview.splitCounts.trainAugmented)} training images`;
  return (
    <FormSection title="Augmentation">
      <div className={classes.rows}>
        <div className={classes.row}>
          <Select
            label="Preset"
            data={preset ? WORDS : [...WORDS, CUSTOM]}
            value={preset ?? CUSTOM.value}
            onChange={(picked) => picked && picked !== "CUSTOM" && change({ ...PRESETS[picked], seed: value.seed })}
            allowDeselect={false}
            w={148}
          />
          <Select
            label="Multiplier"
            data={MULTIPLIERS}
            value={String(value.multiplier)}
            onChange={(picked) => change({ multiplier: Number(picked) })}
            error={problems["augmentation.multiplier"]}
            errorProps={{ style: { width: 220 } }}
            allowDeselect={false}
            w={108}
          />
          {written && (
            <Text size="sm" c="dimmed" className={classes.counted} aria-live="polite">
              ({written})
            </Text>
          )}
        </div>
        <div className={classes.pair}>
          <TurnRow name="horizontalFlip" label="Horizontal Flip" {...section} />
          <TurnRow name="verticalFlip" label="Vertical Flip" {...section} />
          {FIRST.map((name) => (
            <StepRow key={name} name={name} {...section} />
          ))}
        </div>
      </div>
      <MoreAugmentation {...section} />
    </FormSection>
  );
}
