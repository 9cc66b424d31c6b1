import { useState } from "react";

/** The last value that was there, while there is none. */
export function useKept<Value>(value: Value | null | undefined): Value | undefined {
  const [kept, setKept] = useState(value ?? undefined);
  if (value === null || value === undefined || value === kept) return kept;
  setKept(value);
  return value;
}
