import { Loader, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useClient } from "urql";

import { useMay, useProject } from "../../api/projectContext";
import { NotFound } from "../../app/NotFound";
import { isNotFound } from "../../api/errors";
import { QueryProblem } from "../../components/Problem";
import { Desk } from "./desk";
import { LeaveDialog } from "./LeaveDialog";
import { useAwayGuard } from "./awayGuard";
import { WaitingRoom } from "./WaitingRoom";
import { Workplace } from "./Workplace";
import classes from "./Viewer.module.css";

export interface ViewerProps {
  assetId: string;
  /** The images before and after it; empty when the viewer was opened by a link. */
  order: readonly string[];
  onMove: (id: string) => void;
  onClose: () => void;
  /** The end of `order` comes near: more of it is wanted. */
  onNearEnd?: () => void;
}

const NEAR = 5;

/** One image over the whole window: to look at closely, and to annotate. */
export default function Viewer({ assetId, order, onMove, onClose, onNearEnd }: ViewerProps) {
  const client = useClient();
  const project = useProject();
  const [desk] = useState(() => new Desk(client, project.id));
  const [leaving, setLeaving] = useState(false);
  const phone = useMediaQuery("(max-width: 48em)", undefined, { getInitialValueInEffect: false });
  const mayAnnotate = useMay("annotate");
  const layer = useRef<HTMLDivElement>(null);
  const wanted = desk.sheet(assetId);
  const coming = useSyncExternalStore(wanted.subscribe, wanted.read);
  // The image before stays, with its tools, until this one is there.
  const [shownId, setShownId] = useState(assetId);
  const turning = shownId !== assetId && coming.asset === null && coming.error === null;
  if (shownId !== assetId && !turning) setShownId(assetId);
  const sheet = desk.sheet(shownId);
  const state = useSyncExternalStore(sheet.subscribe, sheet.read);
  const place = order.indexOf(assetId);
  const next = place < 0 ? undefined : order[place + 1];
  const previous = place < 0 ? undefined : order[place - 1];

  useEffect(() => {
    void desk.read(assetId).then(() => (next ? desk.prefetch(next) : undefined));
  }, [desk, assetId, next]);
  useEffect(() => {
    const again = () => document.visibilityState === "visible" && void desk.read(assetId);
    document.addEventListener("visibilitychange", again);
    return () => document.removeEventListener("visibilitychange", again);
  }, [desk, assetId]);
  const more = useRef(onNearEnd);
  useEffect(() => {
    more.current = onNearEnd;
  });
  useEffect(() => {
    if (place >= 0 && place >= order.length - NEAR) more.current?.();
  }, [place, order.length]);
  useAwayGuard(desk.queue);

  const close = () => (desk.queue.read().kind === "saved" ? onClose() : setLeaving(true));
  const go = (by: 1 | -1) => {
    const id = by > 0 ? next : previous;
    if (id !== undefined) onMove(id);
  };
  const { asset, error } = state;
  const shared = { desk, sheet, state, close, go, canGo: { next: next !== undefined, previous: previous !== undefined } };
  return (
    <Modal.Root
      opened
      onClose={close}
      fullScreen
      closeOnEscape={false}
      transitionProps={{ duration: 0 }}
      zIndex={190}
      padding={0}
    >
      <Modal.Content radius={0} classNames={{ content: classes.content }}>
        <div ref={layer} className={classes.layer}>
          {asset ? (
            <Workplace
              {...shared}
              asset={asset}
              layer={layer}
              turning={turning}
              editable={mayAnnotate && !phone}
              phone={phone === true}
            />
          ) : (
            <WaitingRoom {...shared} layer={layer}>
              {error && isNotFound(error) && <NotFound what="image" />}
              {error && !isNotFound(error) && <QueryProblem error={error} retry={() => void desk.read(assetId)} />}
              {!error && <Loader role="status" aria-label="Loading" />}
            </WaitingRoom>
          )}
        </div>
        <LeaveDialog opened={leaving} queue={desk.queue} onStay={() => setLeaving(false)} onLeave={onClose} />
      </Modal.Content>
    </Modal.Root>
  );
}
