import { Checkbox } from "@mantine/core";
import { useState } from "react";

import type { Unit } from "./augmentation";
import { NumberField } from "./NumberField";
import classes from "./fields.module.css";

/** A setting that is off, or on with an amount. */
export function AmountRow({
  label,
  value,
  zeroIsOff = true,
  usual,
  most,
  unit,
  error,
  onChange,
}: {
  label: string;
  /** Null is off. */
  value: number | null;
  /** As for a step that does nothing then; it stays open while it is being typed. */
  zeroIsOff?: boolean;
  usual: number;
  most: number;
  unit: Unit;
  error?: string;
  onChange: (value: number | null) => void;
}) {
  const [typing, setTyping] = useState(false);
  const on = typing || (value !== null && !(zeroIsOff && value === 0));
  return (
    <div className={classes.row}>
      <Checkbox
        label={label}
        checked={on}
        onChange={(event) => onChange(event.currentTarget.checked ? usual : null)}
      />
      {on && (
        <NumberField
          aria-label={`${label}${unit.suffix === "°" ? " in degrees" : unit.suffix === " px" ? " in pixels" : " in percent"}`}
          value={value ?? 0}
          onChange={onChange}
          onFocus={() => setTyping(true)}
          onBlur={() => setTyping(false)}
          scale={unit.scale}
          prefix={unit.prefix}
          suffix={unit.suffix}
          step={unit.step}
          min={0}
          max={Math.round(most * unit.scale)}
          error={error}
          className={classes.amount}
        />
      )}
    </div>
  );
}
