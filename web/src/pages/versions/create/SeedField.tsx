import { NumberField } from "./NumberField";

export function SeedField({
  value,
  description,
  error,
  onChange,
}: {
  value: number;
  description: string;
  error?: string;
  onChange: (seed: number) => void;
}) {
  return (
    <NumberField
      label="Seed"
      description={description}
      value={value}
      onChange={onChange}
      error={error}
      min={0}
      max={2 ** 31 - 1}
      allowDecimal={false}
      maw={280}
    />
  );
}
