import { useRef } from "react";
import type { CombinedError } from "urql";

import { isNotFound } from "./errors";

/**
 * A query's data, and while a later reading fails, what the last one brought: a server that is away for a moment blanks
 * no page. What the server says is not there, or no longer the viewer's, is not kept. `identity` names what is read.
 */
export function useKeptData<Data>(
  { data, error }: { data?: Data; error?: CombinedError },
  identity: string,
): Data | undefined {
  const kept = useRef<{ identity: string; data: Data }>(undefined);
  if (data) kept.current = { identity, data };
  else if (error && isNotFound(error)) kept.current = undefined;
  return data ?? (kept.current?.identity === identity ? kept.current.data : undefined);
}
