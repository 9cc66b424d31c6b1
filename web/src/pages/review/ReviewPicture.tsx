import { Title } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode, type RefObject } from "react";

import { useMay } from "../../api/projectContext";
import { DecisionBar } from "../viewer/DecisionBar";
import { pictureAddress, type Desk } from "../viewer/desk";
import { useEditor } from "../viewer/editor";
import type { Command } from "../viewer/keys";
import type { ViewedAsset } from "../viewer/marks";
import { PendingSection } from "../viewer/PendingSection";
import { Picture } from "../viewer/Picture";
import { usePictureSize } from "../viewer/pictureSize";
import type { Sheet, SheetState } from "../viewer/sheet";
import { ToolButton, ZoomTools } from "../viewer/Toolbar";
import { useCommands } from "../viewer/useViewerKeys";
import { ViewStore } from "../viewer/view";
import classes from "./ReviewPage.module.css";

interface ReviewPictureProps {
  desk: Desk;
  /** Where the keys are listened to. */
  layer: RefObject<HTMLElement | null>;
  asset: ViewedAsset;
  className: string | null;
  onDecided: (ids: readonly string[]) => void;
  /** What can be decided about all images at once. */
  children: ReactNode;
  state: SheetState;
  sheet: Sheet;
  go: (by: 1 | -1) => void;
  next: string | null;
  previous: string | null;
}

/** One image with what waits on it; when all of that is decided on, the next one comes. */
export function ReviewPicture({
  desk,
  layer,
  sheet,
  state,
  asset,
  className,
  go,
  next,
  previous,
  onDecided,
  children,
}: ReviewPictureProps) {
  const mayReview = useMay("review");
  const [view] = useState(() => new ViewStore());
  const size = usePictureSize(asset);
  const pending = useMemo(
    () => state.pending.filter(({ weedType }) => className === null || weedType === className),
    [state.pending, className],
  );
  const editor = useEditor(desk, sheet, { ...state, pending }, size, view, null);
  const shown = useMemo(() => [...state.marks, ...pending], [state.marks, pending]);
  const { selected } = editor;
  const current = pending.find(({ key }) => key === selected) ?? null;
  const now = useRef(editor);
  useEffect(() => {
    now.current = editor;
  });
  const first = pending[0]?.key ?? null;
  const isThere = current !== null;
  useEffect(() => {
    if (!isThere) now.current.select(first);
  }, [isThere, first]);

  const settle = (ids: readonly string[]) => {
    onDecided(ids);
    if (ids.length >= pending.length) go(1);
  };
  const decide = (accept: boolean, key: string | null = current?.key ?? first) => {
    if (key === null) return;
    editor.decide(accept, key);
    settle([key]);
  };
  const decideAll = (accept: boolean) => {
    const ids = pending.map(({ key }) => key);
    editor.reviewed(accept, ids);
    settle(ids);
  };
  const step = (by: 1 | -1) => {
    const place = pending.findIndex(({ key }) => key === selected);
    const to = pending[(place + by + pending.length) % pending.length];
    if (to) editor.select(to.key, { show: true });
  };
  const obey = (command: Command): boolean => {
    if (command.kind === "go") go(command.by);
    else if (command.kind === "decide" && mayReview) decide(command.accept);
    else if (command.kind === "zoom") view.zoom(command.factor);
    else if (command.kind === "fit") view.fit();
    else if (command.kind === "step") step(command.dx + command.dy > 0 ? 1 : -1);
    else return false;
    return true;
  };
  useCommands(layer, obey);
  const find = useCallback((key: string) => now.current.select(key, { show: true }), []);
  const select = useCallback((key: string | null) => key !== null && now.current.select(key), []);
  return (
    <div className={classes.work}>
      <div className={classes.bar}>
        <Title order={3} size="h5" className={classes.name}>
          {asset.filename}
        </Title>
        <span className={classes.zoom}>
          <ZoomTools view={view} />
        </span>
        <ToolButton icon={ChevronLeft} label="Previous image" hotkey="k" disabled={previous === null} onClick={() => go(-1)} />
        <ToolButton icon={ChevronRight} label="Next image" hotkey="j" disabled={next === null} onClick={() => go(1)} />
      </div>
      <div className={classes.picture}>
        <Picture
          label={`Picture ${asset.filename}`}
          view={view}
          size={size}
          src={pictureAddress(asset)}
          preview={asset.preview}
          onBroken={() => desk.renewAddresses(sheet)}
          shown={shown}
          selected={selected}
          hovered={editor.hovered}
          onSelect={select}
          onHover={editor.setHovered}
          faint
        />
        {mayReview && current && <DecisionBar docked pending={current} decide={decide} />}
      </div>
      <div className={classes.side}>
        <div className={classes.list} role="region" aria-label="Detections on this image" tabIndex={0}>
        <PendingSection
          pending={pending}
          selected={selected}
          hovered={editor.hovered}
          onSelect={find}
          onHover={editor.setHovered}
          decide={mayReview ? decide : undefined}
          decideAll={mayReview ? decideAll : undefined}
        />
        </div>
        {children}
      </div>
    </div>
  );
}
