import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useClient, type CombinedError } from "urql";

interface Connection<N> {
  nodes: readonly N[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

interface Pages<N> {
  nodes: readonly N[];
  after: string | null;
  hasMore: boolean;
}

const NONE = { nodes: [], after: null, hasMore: true } as const;
/** Read at one go while looking for something; then the reader is asked whether to look further. */
const MOST_PAGES = 10;

/**
 * A connection of what never changes, read page by page: the first at once, more as asked for, until `enough` of what was
 * read. Begins anew when the variables change.
 */
export function usePagedNodes<Data, Variables extends { after?: string | null }, N>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Omit<Variables, "after">,
  pick: (data: Data) => Connection<N>,
) {
  const client = useClient();
  const identity = JSON.stringify(variables);
  const pages = useRef<Pages<N>>(NONE);
  const run = useRef(0);
  const [shown, setShown] = useState<Pages<N> | null>(null);
  const [reading, setReading] = useState(true);
  const [error, setError] = useState<CombinedError | null>(null);

  const readMore = useCallback(
    async (enough: (nodes: readonly N[]) => boolean = () => true) => {
      const mine = ++run.current;
      setReading(true);
      setError(null);
      for (let page = 0; page < MOST_PAGES && pages.current.hasMore; page++) {
        const asked = { ...JSON.parse(identity), after: pages.current.after } as Variables & Record<string, unknown>;
        const answer = await client.query(document, asked, { requestPolicy: "network-only" }).toPromise();
        if (mine !== run.current) return;
        if (!answer.data) {
          setError(answer.error ?? null);
          break;
        }
        const { nodes, pageInfo } = pick(answer.data);
        pages.current = {
          nodes: [...pages.current.nodes, ...nodes],
          after: pageInfo.endCursor ?? null,
          hasMore: pageInfo.hasNextPage,
        };
        setShown(pages.current);
        if (enough(pages.current.nodes)) break;
      }
      setReading(false);
    },
    // `pick` is a plain accessor, written where it is used: its identity says nothing.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [client, document, identity],
  );

  useEffect(() => {
    pages.current = NONE;
    setShown(null);
    void readMore();
    const runs = run;
    return () => void runs.current++;
  }, [readMore]);

  return { nodes: shown?.nodes ?? null, hasMore: shown?.hasMore ?? true, reading, error, readMore };
}
