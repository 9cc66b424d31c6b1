/** Everything here is in pixels of the upright image, unless it says "frame": those are pixels of the screen. */
export interface Point {
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Point, Size {}

export interface Outline {
  box: Box;
  /** Null for a plain box. */
  polygon: readonly Point[] | null;
}

/** The directions of a box's handles, as on a compass. */
export const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"] as const;
export type Handle = (typeof HANDLES)[number];

/** Smaller is a slip of the hand. */
export const SMALLEST = 2;

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);
const tidy = (value: number) => Math.round(value * 100) / 100;

export function clampPoint({ x, y }: Point, image: Size): Point {
  return { x: clamp(x, 0, image.width), y: clamp(y, 0, image.height) };
}

/** The box between two corners, whichever they are, within the image. */
export function boxBetween(one: Point, other: Point, image: Size): Box {
  const a = clampPoint(one, image);
  const b = clampPoint(other, image);
  return {
    x: tidy(Math.min(a.x, b.x)),
    y: tidy(Math.min(a.y, b.y)),
    width: tidy(Math.abs(a.x - b.x)),
    height: tidy(Math.abs(a.y - b.y)),
  };
}

export function isTooSmall({ width, height }: Size): boolean {
  return width < SMALLEST || height < SMALLEST;
}

/** The box around a polygon. */
export function boxAround(polygon: readonly Point[]): Box {
  const xs = polygon.map(({ x }) => x);
  const ys = polygon.map(({ y }) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: tidy(Math.max(...xs) - x), height: tidy(Math.max(...ys) - y) };
}

export function outlineOf(polygon: readonly Point[], image: Size): Outline {
  const inside = polygon.map((point) => {
    const { x, y } = clampPoint(point, image);
    return { x: tidy(x), y: tidy(y) };
  });
  return { box: boxAround(inside), polygon: inside };
}

/** Moved, as far as the image goes. */
export function moved(outline: Outline, dx: number, dy: number, image: Size): Outline {
  const { x, y, width, height } = outline.box;
  const byX = clamp(x + dx, 0, Math.max(image.width - width, 0)) - x;
  const byY = clamp(y + dy, 0, Math.max(image.height - height, 0)) - y;
  return {
    box: { x: tidy(x + byX), y: tidy(y + byY), width, height },
    polygon: outline.polygon?.map((point) => ({ x: tidy(point.x + byX), y: tidy(point.y + byY) })) ?? null,
  };
}

export function handleAt({ x, y, width, height }: Box, handle: Handle): Point {
  const across = handle.includes("w") ? 0 : handle.includes("e") ? 1 : 0.5;
  const down = handle.includes("n") ? 0 : handle.includes("s") ? 1 : 0.5;
  return { x: x + across * width, y: y + down * height };
}

/** The box whose handle was dragged to a point: over the opposite side it turns around, and it never vanishes. */
export function resized(box: Box, handle: Handle, to: Point, image: Size): Box {
  const point = clampPoint(to, image);
  const [left, right] = span(
    handle.includes("w") ? point.x : box.x,
    handle.includes("e") ? point.x : box.x + box.width,
    image.width,
  );
  const [top, bottom] = span(
    handle.includes("n") ? point.y : box.y,
    handle.includes("s") ? point.y : box.y + box.height,
    image.height,
  );
  return { x: tidy(left), y: tidy(top), width: tidy(right - left), height: tidy(bottom - top) };
}

function span(one: number, other: number, limit: number): [number, number] {
  const low = Math.min(one, other);
  const high = Math.max(one, other);
  if (high - low >= SMALLEST) return [low, high];
  const start = clamp(low, 0, Math.max(limit - SMALLEST, 0));
  return [start, start + SMALLEST];
}

export function vertexMoved(polygon: readonly Point[], index: number, to: Point, image: Size): Outline {
  return outlineOf(
    polygon.map((point, at) => (at === index ? to : point)),
    image,
  );
}

/** The smallest outline under a point, so that what lies within another can be taken; `slack` is for thin ones. */
export function hit<O extends Outline>(outlines: readonly O[], point: Point, slack: number): O | null {
  let found: O | null = null;
  for (const outline of outlines) {
    if (!covers(outline, point, slack)) continue;
    if (found === null || area(outline.box) <= area(found.box)) found = outline;
  }
  return found;
}

const area = ({ width, height }: Size) => width * height;

function covers({ box, polygon }: Outline, { x, y }: Point, slack: number): boolean {
  const near =
    x >= box.x - slack && x <= box.x + box.width + slack && y >= box.y - slack && y <= box.y + box.height + slack;
  if (!near || polygon === null || polygon.length < 3) return near;
  return isInside(polygon, { x, y }) || distanceTo(polygon, { x, y }) <= slack;
}

function isInside(polygon: readonly Point[], { x, y }: Point): boolean {
  let inside = false;
  sides(polygon, (a, b) => {
    if (a.y > y !== b.y > y && x < ((b.x - a.x) * (y - a.y)) / (b.y - a.y) + a.x) inside = !inside;
  });
  return inside;
}

function distanceTo(polygon: readonly Point[], point: Point): number {
  let nearest = Number.POSITIVE_INFINITY;
  sides(polygon, (a, b) => {
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const along = clamp(((point.x - a.x) * dx + (point.y - a.y) * dy) / (dx * dx + dy * dy || 1), 0, 1);
    nearest = Math.min(nearest, Math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy));
  });
  return nearest;
}

function sides(polygon: readonly Point[], see: (from: Point, to: Point) => void): void {
  polygon.forEach((point, index) => see(polygon.at(index - 1) ?? point, point));
}
