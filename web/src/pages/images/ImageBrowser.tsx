import { Button, Text } from "@mantine/core";
import { SearchX } from "lucide-react";
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";

import { useMay, useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { QueryProblem } from "../../components/Problem";
import { counted } from "../../components/numbers";
import { DeleteDialog } from "./DeleteDialog";
import { GridSkeleton } from "./GridSkeleton";
import { apiFilter, isFiltering, type ImageFilter } from "./imageFilter";
import { ImageGrid } from "./ImageGrid";
import type { ImageTile } from "./imageTile";
import { SelectionBar } from "./SelectionBar";
import { useImageList } from "./useImageList";
import { useSelection } from "./useSelection";

const Viewer = lazy(() => import("../viewer/Viewer"));

const NO_TILES: readonly ImageTile[] = [];

interface Props {
  /** The image that is open, over the grid. */
  assetId: string | undefined;
  filter: ImageFilter;
  /** The filter as it stands in the address. */
  query: string;
  onClear: () => void;
  onDetect: (assetIds: string[]) => void;
  /** Images were looked at one by one, and perhaps changed. */
  onEdited: () => void;
}

/** The images that match: the grid, what is chosen in it, and the one that is open. */
export function ImageBrowser({ assetId, filter, query, onClear, onDetect, onEdited }: Props) {
  const project = useProject();
  const mayDetect = useMay("detect");
  const mayDelete = useMay("upload");
  const [, go] = useLocation();
  const seen = useRef(0);
  const inSight = useCallback(() => seen.current, []);
  const list = useImageList(project.id, apiFilter(filter), inSight);
  const tiles = list.tiles ?? NO_TILES;
  const selection = useSelection(tiles);
  const [deleting, setDeleting] = useState<readonly string[] | null>(null);
  const suffix = query ? `?${query}` : "";
  const href = useCallback((id: string) => `/images/${id}${suffix}`, [suffix]);
  const lastSeen = useReturn(assetId, list.refresh, onEdited);
  const onSeen = useCallback((count: number) => (seen.current = count), []);
  const order = useMemo(() => tiles.map(({ id }) => id), [tiles]);

  if (list.error && list.tiles === null) return <QueryProblem error={list.error} retry={list.reload} />;
  return (
    <>
      {list.tiles === null ? (
        <GridSkeleton />
      ) : tiles.length === 0 ? (
        <NoMatch filtering={isFiltering(filter)} onClear={onClear} />
      ) : (
        <>
          <Text size="sm" c="dimmed" mb={8} role="status">
            {counted(list.total, isFiltering(filter) ? "matching image" : "image")}
          </Text>
          <ImageGrid
            tiles={tiles}
            total={list.total}
            href={href}
            outdated={list.outdated}
            selectable={mayDetect || mayDelete}
            selected={selection.ids}
            onSelect={selection.toggle}
            onNearEnd={list.more}
            onStale={list.reload}
            onSeen={onSeen}
            lastSeen={lastSeen}
          />
          {list.error && <QueryProblem error={list.error} retry={list.more} />}
        </>
      )}
      <SelectionBar
        chosen={selection.ids.size}
        loaded={tiles.length}
        onAll={() => selection.replace(order)}
        onClear={selection.clear}
        onDetect={() => onDetect([...selection.ids])}
        onDelete={() => setDeleting([...selection.ids])}
      />
      <DeleteDialog
        ids={deleting}
        onClose={() => setDeleting(null)}
        onDeleted={() => {
          selection.clear();
          list.reload();
        }}
      />
      {assetId && (
        <Suspense fallback={null}>
          <Viewer
            assetId={assetId}
            order={order}
            onMove={(id) => go(href(id), { replace: true })}
            onClose={() => go(`/images${suffix}`)}
            onNearEnd={list.more}
          />
        </Suspense>
      )}
    </>
  );
}

/** Reads each image anew that was open, as it may have been edited, and brings the focus back to it at the end. */
function useReturn(open: string | undefined, refresh: (id: string) => Promise<void>, onEdited: () => void): string | null {
  const before = useRef<string>(undefined);
  const [lastSeen, setLastSeen] = useState<string | null>(null);
  const edited = useRef(onEdited);
  useEffect(() => {
    edited.current = onEdited;
  });
  useEffect(() => {
    const left = before.current;
    before.current = open;
    if (open) setLastSeen(open);
    if (!left || left === open) return;
    void refresh(left);
    if (open) return;
    edited.current();
    requestAnimationFrame(() =>
      document.querySelector<HTMLElement>(`[data-image="${CSS.escape(left)}"]`)?.focus({ preventScroll: true }),
    );
  }, [open, refresh]);
  return lastSeen;
}

function NoMatch({ filtering, onClear }: { filtering: boolean; onClear: () => void }) {
  return (
    <EmptyState
      icon={SearchX}
      title={filtering ? "No image matches" : "No images yet"}
      action={
        filtering && (
          <Button variant="default" onClick={onClear}>
            Clear filters
          </Button>
        )
      }
    >
      {filtering ? "Try fewer filters, or another part of the file name." : "What is being uploaded appears here as soon as it was checked."}
    </EmptyState>
  );
}
