import { Select } from "@mantine/core";
import { useState } from "react";

import { NumberField } from "./NumberField";

const CUSTOM = "custom";

interface Side {
  label: string;
  value: number;
  error?: string;
}

/** One of the usual squares, as `640×640`, or two sides of one's own. */
export function SquareSelect({
  label,
  usual,
  across,
  down,
  limits,
  suffix,
  onChange,
}: {
  label: string;
  usual: readonly number[];
  across: Side;
  down: Side;
  limits: { min: number; max: number; step: number };
  suffix?: string;
  onChange: (across: number, down: number) => void;
}) {
  const [custom, setCustom] = useState(across.value !== down.value || !usual.includes(across.value));
  const pick = (picked: string | null) => {
    setCustom(picked === CUSTOM);
    if (picked && picked !== CUSTOM) onChange(Number(picked), Number(picked));
  };
  const side = ({ label: name, value, error }: Side, change: (value: number) => void) => (
    <NumberField
      aria-label={name}
      value={value}
      onChange={change}
      error={error}
      suffix={suffix}
      {...limits}
      allowDecimal={false}
      w={116}
    />
  );
  return (
    <>
      <Select
        aria-label={label}
        data={[...usual.map((one) => ({ value: String(one), label: `${one}×${one}` })), { value: CUSTOM, label: "Custom" }]}
        value={custom ? CUSTOM : String(across.value)}
        onChange={pick}
        allowDeselect={false}
        w={132}
      />
      {custom && side(across, (next) => onChange(next, down.value))}
      {custom && side(down, (next) => onChange(across.value, next))}
    </>
  );
}
