import { Checkbox, Input, Select, Text } from "@mantine/core";
import { useRef } from "react";

import type { SplitGroup } from "../../../api/generated/graphql";
import { Fold } from "./Fold";
import type { Section, SplitForm } from "./form";
import { FormSection } from "./FormSection";
import { NumberField } from "./NumberField";
import { splitPreview } from "./previewWords";
import { SeedField } from "./SeedField";
import { SPLITS, withShare, type Shares } from "./shares";
import type { Preview } from "./useVersionPreview";
import classes from "./fields.module.css";

const NAMES = { train: "Train", val: "Val", test: "Test" } as const;
const GROUPS: Record<SplitGroup, [label: string, what: string]> = {
  IMAGE: ["By image", "Each image falls into a split of its own accord."],
  UPLOAD_BATCH: ["By upload batch", "Images of one upload stay together: the splits differ by flight."],
  GPS_CELL: ["By GPS cell", "Images taken within about a hundred metres stay together, so that no field is in two splits."],
  SIMILAR: ["By similar images", "Near-identical images stay together, so that overlapping photos do not flatter the figures."],
};

/** How images fall into training, validation and test; the three shares always come to 100 %. */
export function SplitFields({ value, change, problems, preview }: Section<SplitForm> & { preview: Preview | undefined }) {
  const [, what] = GROUPS[value.groupBy];
  return (
    <FormSection title="Data Split">
      <div className={classes.rows}>
        <ShareFields value={value} change={change} />
        {problems.splits && <Input.Error>{problems.splits}</Input.Error>}
        {preview && (
          <Text size="sm" aria-live="polite">
            <Text span c="dimmed" inherit>
              Preview:{" "}
            </Text>
            {splitPreview(preview)}
          </Text>
        )}
        <Select
          label="Split groups"
          description={what}
          data={(Object.keys(GROUPS) as SplitGroup[]).map((group) => ({ value: group, label: GROUPS[group][0] }))}
          value={value.groupBy}
          onChange={(groupBy) => groupBy && change({ groupBy })}
          allowDeselect={false}
          maw={420}
        />
        <Checkbox
          label="Keep earlier splits"
          description="An image stays where the latest version had it, so that models of different versions compare fairly."
          checked={value.inherit}
          onChange={(event) => change({ inherit: event.currentTarget.checked })}
        />
      </div>
      <Fold title="More about the split" set={value.keepImported || value.seed > 0} wrong={"splits.seed" in problems}>
        <Checkbox
          label="Keep imported splits"
          description="The train, valid and test folders of an imported data set win over everything else."
          checked={value.keepImported}
          onChange={(event) => change({ keepImported: event.currentTarget.checked })}
        />
        <SeedField
          value={value.seed}
          description="Another seed draws another split."
          error={problems["splits.seed"]}
          onChange={(seed) => change({ seed })}
        />
      </Fold>
    </FormSection>
  );
}

function ShareFields({ value, change }: Pick<Section<SplitForm>, "value" | "change">) {
  // As they stood when the field was entered: digits typed on the way to a number do not move the others for good.
  const entered = useRef<{ split: keyof Shares; shares: Shares } | null>(null);
  const set = (split: keyof Shares, share: number) => {
    if (entered.current?.split !== split) entered.current = { split, shares: value };
    const { train, val, test } = withShare(entered.current.shares, split, share);
    change({ train, val, test });
  };
  return (
    <div className={classes.three}>
      {SPLITS.map((split) => (
        <NumberField
          key={split}
          label={NAMES[split]}
          value={value[split]}
          onFocus={() => (entered.current = { split, shares: value })}
          onChange={(share) => set(split, share)}
          onBlur={() => (entered.current = null)}
          suffix=" %"
          min={0}
          max={100}
          step={5}
          decimalScale={2}
          isAllowed={({ floatValue }) => floatValue === undefined || floatValue <= 100}
        />
      ))}
    </div>
  );
}
