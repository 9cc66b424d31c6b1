import type { CombinedError } from "urql";

import type { UserErrorCode } from "./generated/graphql";

export interface UserProblem {
  code: UserErrorCode;
  message: string;
  field?: string[] | null;
}

export function isSignedOut(error: CombinedError): boolean {
  return error.response?.status === 401 || codes(error).includes("UNAUTHENTICATED");
}

export function isNotFound(error: CombinedError): boolean {
  return codes(error).includes("NOT_FOUND");
}

/** A sentence for a person: the server's own, or what its silence means. */
export function sentence(error: CombinedError): string {
  if (error.graphQLErrors.length) return error.graphQLErrors.map((one) => one.message).join(" ");
  return "The server cannot be reached. Check the connection; what you typed is kept.";
}

function codes(error: CombinedError): unknown[] {
  return error.graphQLErrors.map((one) => one.extensions.code);
}

/**
 * What to show beside each field of a form, by the field's dotted path as the API names it (`splits.train`), without the
 * leading `input`. What names no field, or one that the form lacks, is under "".
 */
export function byField(problems: readonly UserProblem[], known: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { field, message } of problems) {
    const path = (field ?? []).filter((part, index) => !(index === 0 && part === "input")).join(".");
    const place = known.find((name) => path === name) ?? known.find((name) => path.startsWith(`${name}.`)) ?? "";
    found[place] = place in found ? `${found[place]} ${message}` : message;
  }
  return found;
}
