import { useEffect, useMemo, useRef, useSyncExternalStore } from "react";
import { useClient } from "urql";

import type { AssetFilter } from "../../api/generated/graphql";
import { useNews } from "../../api/live";
import { IMAGE, IMAGES } from "./documents";
import { ImageList, type ImageListState, type PageReader } from "./imageList";

const NEWS = ["UPLOAD_CHANGED", "IMPORT_CHANGED", "DETECTION_CHANGED", "PROJECT_CHANGED"] as const;
/** News of an upload comes many times a second; the grid follows at this pace. */
const SETTLE_MS = 1_500;

export interface OpenImageList extends ImageListState {
  /** The images of the filter before are still shown, until those of this one have come. */
  outdated: boolean;
  more: () => void;
  reload: () => void;
  refresh: (id: string) => Promise<void>;
}

/** The project's images that match, read page by page and kept right; `inSight` says how many are above the fold. */
export function useImageList(projectId: string, filter: AssetFilter | null, inSight: () => number): OpenImageList {
  const client = useClient();
  const filterKey = JSON.stringify(filter);
  const list = useMemo(() => {
    const size = window.devicePixelRatio > 1 ? 640 : 320;
    const only = JSON.parse(filterKey) as AssetFilter | null;
    const reader: PageReader = {
      async page(first, after, counting) {
        const variables = { id: projectId, first, after, filter: only, size, counting };
        const { data, error } = await client.query(IMAGES, variables, { requestPolicy: "network-only" }).toPromise();
        if (!data) throw error;
        const { nodes, totalCount, pageInfo } = data.project.assets;
        return { assets: nodes, total: totalCount ?? null, end: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null };
      },
      async image(id) {
        const { data } = await client.query(IMAGE, { id, size }, { requestPolicy: "network-only" }).toPromise();
        return data?.asset ?? null;
      },
    };
    return new ImageList(reader);
  }, [client, projectId, filterKey]);
  const state = useSyncExternalStore(list.subscribe, list.state);
  useEffect(() => {
    list.more();
  }, [list]);

  const reload = useMemo(() => () => list.reload(inSight()), [list, inSight]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const forget = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  };
  useEffect(() => forget, [reload]);
  useNews(NEWS, () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      reload();
    }, SETTLE_MS);
  });

  const shown = useRef(state);
  if (state.tiles !== null || state.error) shown.current = state;
  const outdated = shown.current !== state;
  const { more, refresh } = list;
  return { ...(outdated ? { ...shown.current, loading: true } : state), outdated, more, reload, refresh };
}
