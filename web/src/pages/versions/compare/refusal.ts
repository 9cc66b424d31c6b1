import type { CombinedError } from "urql";

/** A version that has no intact manifest, as the contract says it of a comparison. */
export function isNotReady(error: CombinedError): boolean {
  return error.graphQLErrors.some((one) => one.extensions.code === "NOT_READY");
}
