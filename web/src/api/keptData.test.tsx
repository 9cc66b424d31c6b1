import { renderHook } from "@testing-library/react";
import { GraphQLError } from "graphql";
import { CombinedError } from "urql";
import { expect, test } from "vitest";

import { useKeptData } from "./keptData";

const unreachable = new CombinedError({ networkError: new Error("fetch failed") });
const gone = new CombinedError({ graphQLErrors: [new GraphQLError("No such project.", { extensions: { code: "NOT_FOUND" } })] });

interface Reading {
  id: string;
  data?: string;
  error?: CombinedError;
}

function reading() {
  const initialProps: Reading = { id: "1", data: "first" };
  return renderHook(({ id, ...result }: Reading) => useKeptData(result, id), { initialProps });
}

test("a reading that fails leaves what was read before", () => {
  const { result, rerender } = reading();
  rerender({ id: "1", error: unreachable });
  expect(result.current).toBe("first");
});

test("what is gone is not shown any longer, not even after the connection is lost too", () => {
  const { result, rerender } = reading();
  rerender({ id: "1", error: gone });
  expect(result.current).toBeUndefined();
  rerender({ id: "1", error: unreachable });
  expect(result.current).toBeUndefined();
});

test("one thing's data never stands for another's", () => {
  const { result, rerender } = reading();
  rerender({ id: "2", error: unreachable });
  expect(result.current).toBeUndefined();
});
