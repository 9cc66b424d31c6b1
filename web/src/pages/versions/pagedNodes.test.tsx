import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { act, renderHook, waitFor } from "@testing-library/react";
import { parse } from "graphql";
import type { ReactNode } from "react";
import { Provider, type Client } from "urql";
import { expect, test } from "vitest";

import { usePagedNodes } from "./pagedNodes";

interface Data {
  things: { nodes: number[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
}
type Variables = { of: string; after?: string | null };

const THINGS = parse("query Things { things }") as unknown as TypedDocumentNode<Data, Variables>;

/** Ten pages of two; those of the list `slow` wait until they are let go. */
function server() {
  const waiting: (() => void)[] = [];
  const asked: Variables[] = [];
  const query = (_document: unknown, variables: Variables) => ({
    toPromise: async () => {
      asked.push(variables);
      if (variables.of === "slow") await new Promise<void>((resolve) => waiting.push(resolve));
      const page = Number(variables.after ?? 0);
      const base = variables.of === "slow" ? 1_000 : 0;
      const nodes = [base + 2 * page, base + 2 * page + 1];
      return { data: { things: { nodes, pageInfo: { hasNextPage: page < 9, endCursor: String(page + 1) } } } };
    },
  });
  const client = { query } as unknown as Client;
  const wrapper = ({ children }: { children: ReactNode }) => <Provider value={client}>{children}</Provider>;
  return { wrapper, asked, waiting };
}

function read(of: string) {
  const { wrapper, ...rest } = server();
  const hook = renderHook((props: { of: string }) => usePagedNodes(THINGS, props, (data) => data.things), {
    wrapper,
    initialProps: { of },
  });
  return { ...hook, ...rest };
}

test("the first page comes by itself, the next as it is asked for, from where the last ended", async () => {
  const { result, asked } = read("fast");
  await waitFor(() => expect(result.current.nodes).toEqual([0, 1]));
  await act(() => result.current.readMore());
  expect(result.current.nodes).toEqual([0, 1, 2, 3]);
  expect(asked.map((one) => one.after)).toEqual([null, "1"]);
});

test("it reads on until enough was found, and no further than the end", async () => {
  const { result } = read("fast");
  await waitFor(() => expect(result.current.nodes).not.toBeNull());
  await act(() => result.current.readMore((nodes) => nodes.filter((one) => one > 6).length >= 2));
  expect(result.current.nodes).toHaveLength(10);
  await act(() => result.current.readMore(() => false));
  expect(result.current).toMatchObject({ hasMore: false, reading: false });
  expect(result.current.nodes).toHaveLength(20);
});

test("an answer that comes after the variables changed is not mixed in", async () => {
  const { result, rerender, waiting } = read("slow");
  rerender({ of: "fast" });
  await waitFor(() => expect(result.current.nodes).toEqual([0, 1]));
  await act(async () => waiting.forEach((go) => go()));
  expect(result.current.nodes).toEqual([0, 1]);
});
