import { useCallback, useEffect, useRef, useState } from "react";
import { useClient, type Client, type CombinedError } from "urql";

import { graphql } from "../../api/generated";
import { useNews } from "../../api/live";
import type { PendingImage } from "./pendingImages";

const REVIEW_IMAGES = graphql(`
  query ReviewImages($id: ID!, $after: String, $batch: ID) {
    project(id: $id) {
      id
      assets(first: 200, after: $after, filter: { hasPending: true, uploadBatchId: $batch }) {
        nodes {
          id
          filename
          thumbnailUrl(size: 160)
          pendingAnnotations {
            id
            weedType
            confidence
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const SETTLE_MS = 500;

interface Part {
  images: readonly PendingImage[];
  /** False while more pages come. */
  complete: boolean;
  error: CombinedError | null;
}

type Answer = Part & { batch: string | null };

/** All images that have something to review, page after page: the counts are exact once they are all here. */
export function usePendingImages(projectId: string, batch: string | null) {
  const client = useClient();
  const [answer, setAnswer] = useState<Answer | null>(null);
  const turn = useRef(0);
  const read = useCallback(() => {
    const mine = ++turn.current;
    return readPages(client, projectId, batch, (part) => {
      if (turn.current !== mine) return false;
      // What was here stays until as much is here again.
      const isLess = (before: Answer) => before.batch === batch && !part.complete && before.images.length > part.images.length;
      setAnswer((before) => (before && isLess(before) ? { ...before, error: part.error } : { ...part, batch }));
      return true;
    });
  }, [client, projectId, batch]);
  useEffect(() => {
    void read();
  }, [read]);

  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useNews(["DETECTION_CHANGED"], () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void read(), SETTLE_MS);
  });
  useEffect(() => {
    const again = () => {
      if (document.visibilityState === "visible") void read();
    };
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, [read]);
  return [answer?.batch === batch ? answer : null, read] as const;
}

/** Tells of the images after each page; `tell` answers whether more are wanted. */
async function readPages(client: Client, id: string, batch: string | null, tell: (part: Part) => boolean): Promise<void> {
  const readFrom = async (after: string | null, before: readonly PendingImage[]): Promise<void> => {
    const asked = client.query(REVIEW_IMAGES, { id, after, batch }, { requestPolicy: "network-only" });
    const { data, error } = await asked.toPromise();
    if (!data) {
      tell({ images: before, complete: false, error: error ?? null });
      return;
    }
    const { nodes, pageInfo } = data.project.assets;
    const images = [...before, ...nodes.map(({ pendingAnnotations, ...node }) => ({ ...node, pending: pendingAnnotations }))];
    const next = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
    const wanted = tell({ images, complete: next === null, error: null });
    if (wanted && next !== null) await readFrom(next, images);
  };
  await readFrom(null, []);
}
