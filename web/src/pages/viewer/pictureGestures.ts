import { useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";

import { boxBetween, clampPoint, hit, isTooSmall, moved, type Outline, type Point } from "./geometry";
import { grip, regripped, type Grip } from "./grips";
import type { Shown } from "./MarkShapes";
import type { PictureProps } from "./Picture";
import { toImage, type ViewStore } from "./view";

export type Tool = "select" | "box" | "polygon";

/** What the pointer is drawing (no key), or changing. */
export interface Live {
  key: string | null;
  weedType?: string;
  outline: Outline;
}

type Gesture =
  | { kind: "pan"; from: Point }
  | { kind: "pinch"; apart: number; middle: Point }
  | { kind: "draw"; from: Point }
  /** A press on a mark: it moves once the pointer has gone a little. */
  | { kind: "move"; mark: Shown; from: Point; started: boolean }
  | { kind: "reshape"; mark: Shown; grip: Grip };

const STARTS_AFTER_PX = 4;
const SLACK_PX = 6;
const CLOSES_WITHIN_PX = 12;

/** What a pointer does on the picture: pan, pinch, select, draw, move and reshape. */
export function usePictureGestures(frame: RefObject<HTMLDivElement | null>, props: PictureProps) {
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const [live, setShownLive] = useState<Live | null>(null);
  // The pointer may be up again before what it did was rendered.
  const done = useRef<Live | null>(null);
  const setLive = (next: Live | null) => {
    done.current = next;
    setShownLive(next);
  };
  const [at, setAt] = useState<Point | null>(null);
  const [panning, setPanning] = useState(false);
  const spaceHeld = useSpaceHeld();
  const gesture = useRef<Gesture | null>(null);
  const pointers = useRef(new Map<number, Point>());
  useWheelZoom(frame, props.view);

  const inFrame = (event: { clientX: number; clientY: number }): Point => {
    const { left, top } = frame.current?.getBoundingClientRect() ?? { left: 0, top: 0 };
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const markAt = (point: Point) => {
    const { view, shown } = latest.current;
    return hit(shown, toImage(view.view, point), SLACK_PX / view.view.scale);
  };

  const begin = (event: PointerEvent, point: Point): Gesture | null => {
    const { editing, view, shown, selected, onSelect } = latest.current;
    if (event.button === 1 || spaceHeld.current) return { kind: "pan", from: point };
    if (event.button !== 0) return null;
    const place = clampPoint(toImage(view.view, point), view.image);
    if (editing?.tool === "box") return { kind: "draw", from: place };
    if (editing?.tool === "polygon") {
      addCorner(place);
      return null;
    }
    const held = shown.find(({ key, pending }) => key === selected && !pending);
    const taken = editing && held ? grip(held, place, (SLACK_PX + 2) / view.view.scale) : null;
    if (held && taken) return { kind: "reshape", mark: held, grip: taken };
    const mark = markAt(point);
    onSelect(mark?.key ?? null);
    const movable = editing && mark && !mark.pending;
    return movable ? { kind: "move", mark, from: place, started: false } : { kind: "pan", from: point };
  };

  const addCorner = (place: Point) => {
    const { editing, view } = latest.current;
    const first = editing?.corners[0];
    const near = first && Math.hypot(first.x - place.x, first.y - place.y) * view.view.scale < CLOSES_WITHIN_PX;
    if (near && editing.corners.length > 2) editing.onFinish();
    else editing?.onCorner(place);
  };

  const follow = (point: Point) => {
    const { view, editing } = latest.current;
    const now = gesture.current;
    const place = toImage(view.view, point);
    if (now === null) return;
    if (now.kind === "pan") {
      view.pan(point.x - now.from.x, point.y - now.from.y);
      gesture.current = { kind: "pan", from: point };
    } else if (now.kind === "pinch") {
      gesture.current = pinched(view, now, [...pointers.current.values()]);
    } else if (now.kind === "draw") {
      setLive({ key: null, weedType: editing?.weedType ?? "", outline: { box: boxBetween(now.from, place, view.image), polygon: null } });
    } else if (now.kind === "reshape") {
      const { key, weedType } = now.mark;
      setLive({ key, weedType, outline: regripped(now.mark, now.grip, place, view.image) });
    } else {
      const [dx, dy] = [place.x - now.from.x, place.y - now.from.y];
      now.started ||= Math.hypot(dx, dy) * view.view.scale > STARTS_AFTER_PX;
      const { key, weedType } = now.mark;
      if (now.started) setLive({ key, weedType, outline: moved(now.mark, dx, dy, view.image) });
    }
  };

  const end = () => {
    const { editing } = latest.current;
    const made = done.current;
    gesture.current = null;
    setPanning(false);
    setLive(null);
    if (!made || !editing) return;
    if (made.key !== null) editing.onReshape(made.key, made.outline);
    else if (!isTooSmall(made.outline.box)) editing.onDraw(made.outline);
  };

  const handlers = {
    onPointerDown(event: PointerEvent<HTMLDivElement>) {
      // Otherwise the browser gives the focus to whatever lies on top, and starts a scroll by the middle button.
      event.preventDefault();
      event.currentTarget.focus({ preventScroll: true });
      event.currentTarget.setPointerCapture(event.pointerId);
      const point = inFrame(event);
      pointers.current.set(event.pointerId, point);
      const touches = [...pointers.current.values()];
      if (touches.length === 2) setLive(null);
      gesture.current = touches.length === 2 ? pinchOf(touches) : begin(event, point);
      setPanning(gesture.current?.kind === "pan" && (event.button === 1 || spaceHeld.current));
    },
    onPointerMove(event: PointerEvent<HTMLDivElement>) {
      const point = inFrame(event);
      if (pointers.current.has(event.pointerId)) pointers.current.set(event.pointerId, point);
      if (latest.current.editing?.corners.length) setAt(toImage(latest.current.view.view, point));
      if (gesture.current) return follow(point);
      const drawing = latest.current.editing && latest.current.editing.tool !== "select";
      const key = drawing || event.pointerType === "touch" ? null : (markAt(point)?.key ?? null);
      if (key !== latest.current.hovered) latest.current.onHover(key);
    },
    onPointerUp(event: PointerEvent<HTMLDivElement>) {
      pointers.current.delete(event.pointerId);
      const [left] = pointers.current.values();
      if (left && gesture.current?.kind === "pinch") gesture.current = { kind: "pan", from: left };
      else if (!left) end();
    },
    onPointerCancel(event: PointerEvent<HTMLDivElement>) {
      pointers.current.delete(event.pointerId);
      gesture.current = null;
      setLive(null);
    },
    onPointerLeave() {
      if (latest.current.hovered !== null) latest.current.onHover(null);
      setAt(null);
    },
    onDoubleClick(event: { clientX: number; clientY: number }) {
      const { editing, view } = latest.current;
      if (editing?.tool === "polygon") return editing.onFinish();
      if (editing?.tool === "box") return;
      if (view.isCloseUp) view.fit();
      else view.zoom(2.5, inFrame(event));
    },
  };
  return { live, at, handlers, cursor: cursorOf(props, panning) };
}

function cursorOf({ editing, hovered, selected }: PictureProps, panning: boolean): string | undefined {
  if (panning) return "grabbing";
  if (editing && editing.tool !== "select") return "draw";
  if (hovered === null) return undefined;
  return editing && hovered === selected ? "move" : "pointer";
}

function pinchOf(touches: readonly Point[]): Gesture {
  const [a = { x: 0, y: 0 }, b = a] = touches;
  return {
    kind: "pinch",
    apart: Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1),
    middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 },
  };
}

function pinched(view: ViewStore, before: Extract<Gesture, { kind: "pinch" }>, touches: readonly Point[]): Gesture {
  const now = pinchOf(touches);
  if (now.kind !== "pinch") return now;
  view.pan(now.middle.x - before.middle.x, now.middle.y - before.middle.y);
  view.zoom(now.apart / before.apart, now.middle);
  return now;
}

/** React listens to the wheel passively; the page must not scroll along. */
function useWheelZoom(frame: RefObject<HTMLDivElement | null>, view: ViewStore): void {
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const zoom = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = element.getBoundingClientRect();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const factor = Math.exp(-Math.min(Math.max(event.deltaY * lines, -240), 240) / 400);
      view.zoom(factor, { x: event.clientX - left, y: event.clientY - top });
    };
    element.addEventListener("wheel", zoom, { passive: false });
    return () => element.removeEventListener("wheel", zoom);
  }, [frame, view]);
}

function useSpaceHeld(): RefObject<boolean> {
  const held = useRef(false);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === " ") held.current = event.type === "keydown";
    };
    const release = () => (held.current = false);
    window.addEventListener("keydown", press);
    window.addEventListener("keyup", press);
    window.addEventListener("blur", release);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("keyup", press);
      window.removeEventListener("blur", release);
    };
  }, []);
  return held;
}
