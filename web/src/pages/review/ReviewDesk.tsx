import { Loader, Title } from "@mantine/core";
import { useEffect, useRef, useSyncExternalStore } from "react";

import { useMay } from "../../api/projectContext";
import { QueryProblem } from "../../components/Problem";
import type { Desk } from "../viewer/desk";
import { BulkReview } from "./BulkReview";
import { Filmstrip } from "./Filmstrip";
import { neighbour, type PendingImage } from "./pendingImages";
import { ReviewPicture } from "./ReviewPicture";
import classes from "./ReviewPage.module.css";

export interface ReviewDeskProps {
  desk: Desk;
  /** The whole queue, and what of it is left. */
  images: readonly PendingImage[];
  waiting: readonly PendingImage[];
  className: string | null;
  batch: string | null;
  current: string | null;
  onCurrent: (id: string) => void;
  onDecided: (ids: readonly string[]) => void;
  onReread: () => void;
}

/** One image of the queue, large, and what can be decided about it and about all. */
export function ReviewDesk(props: ReviewDeskProps) {
  const { desk, images, waiting, current, onCurrent } = props;
  const mayReview = useMay("review");
  const layer = useRef<HTMLElement>(null);
  const known = images.some(({ id }) => id === current);
  const assetId = known && current !== null ? current : (waiting[0]?.id ?? "");
  const next = neighbour(images, waiting, assetId, 1);
  const previous = neighbour(images, waiting, assetId, -1);
  const sheet = desk.sheet(assetId);
  const state = useSyncExternalStore(sheet.subscribe, sheet.read);
  useEffect(() => {
    void desk.read(assetId).then(() => (next ? desk.prefetch(next) : undefined));
    // The next one changes with each decision; reading once for each image is enough.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [desk, assetId]);
  const go = (by: 1 | -1) => {
    const id = by > 0 ? next : previous;
    if (id !== null) onCurrent(id);
  };
  const reread = () => {
    props.onReread();
    void desk.read(assetId);
  };
  const filename = images.find(({ id }) => id === assetId)?.filename ?? "";
  return (
    <section aria-label="Image" ref={layer}>
      {state.asset ? (
        <ReviewPicture
          desk={desk}
          layer={layer}
          sheet={sheet}
          state={state}
          asset={state.asset}
          className={props.className}
          go={go}
          next={next}
          previous={previous}
          onDecided={props.onDecided}
        >
          {mayReview && <BulkReview {...props} onReread={reread} />}
        </ReviewPicture>
      ) : (
        <div className={classes.work}>
          <div className={classes.bar}>
            <Title order={3} size="h5" className={classes.name}>
              {filename}
            </Title>
          </div>
          <div className={classes.wait}>
            {state.error ? <QueryProblem error={state.error} retry={() => void desk.read(assetId)} /> : <Loader role="status" aria-label="Loading" />}
          </div>
        </div>
      )}
      <Filmstrip images={waiting} current={assetId} onPick={onCurrent} />
    </section>
  );
}
