import { useCallback, useRef } from "react";

/**
 * A key for each input of one form: the same input sent again, its answer lost, is not done twice, and one that was
 * changed is not taken for the first.
 */
export function useIdempotencyKey(): (input: object) => string {
  const keys = useRef(new Map<string, string>());
  return useCallback((input) => {
    const content = JSON.stringify(input);
    const key = keys.current.get(content) ?? newKey();
    keys.current.set(content, key);
    return key;
  }, []);
}

/** Unlike `crypto.randomUUID` also there where the page does not come by HTTPS. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, "0")).join("");
}
