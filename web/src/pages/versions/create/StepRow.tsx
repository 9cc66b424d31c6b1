import { Checkbox } from "@mantine/core";

import { AmountRow } from "./AmountRow";
import { AMOUNTS, withSteps, type Amount, type Augmentation, type Turn } from "./augmentation";
import type { Section } from "./form";
import classes from "./fields.module.css";

/** A step that is done or not. */
export function TurnRow({ name, label, value, change }: Section<Augmentation> & { name: Turn; label: string }) {
  return (
    <div className={classes.row}>
      <Checkbox
        label={label}
        checked={value[name]}
        onChange={(event) => change(withSteps(value, { [name]: event.currentTarget.checked }))}
      />
    </div>
  );
}

/** A step with an amount; 0 is none of it. */
export function StepRow({ name, value, change, problems }: Section<Augmentation> & { name: Amount }) {
  const { label, most, usual, unit } = AMOUNTS[name];
  return (
    <AmountRow
      label={label}
      value={value[name]}
      usual={usual}
      most={most}
      unit={unit}
      error={problems[`augmentation.${name}`]}
      onChange={(amount) => change(withSteps(value, { [name]: amount ?? 0 }))}
    />
  );
}
