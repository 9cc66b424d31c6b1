import { NumberInput, type NumberInputProps } from "@mantine/core";
import { useState } from "react";

/**
 * A number that is always one for the form around it: what is not (yet) a number, as an emptied field, stays in the field
 * until it is left, and the last number counts. `scale` shows a fraction as a percentage, with 100.
 */
export function NumberField({
  value,
  onChange,
  scale = 1,
  onBlur,
  ...rest
}: Omit<NumberInputProps, "value" | "onChange"> & { value: number; onChange: (value: number) => void; scale?: number }) {
  const [draft, setDraft] = useState<string | null>(null);
  const take = (next: number | string) => {
    setDraft(typeof next === "string" ? next : null);
    const number = next === "" ? Number.NaN : Number(next);
    if (Number.isFinite(number)) onChange(rounded(number / scale));
  };
  return (
    <NumberInput
      {...rest}
      value={draft ?? rounded(value * scale)}
      onChange={take}
      onBlur={(event) => {
        setDraft(null);
        onBlur?.(event);
      }}
      clampBehavior="none"
      allowNegative={false}
    />
  );
}

/** Without the noise of binary fractions, as 0.15 × 100. */
function rounded(value: number): number {
  return Number(value.toPrecision(10));
}
