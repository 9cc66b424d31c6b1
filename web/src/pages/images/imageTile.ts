import type { ImagesTileFragment } from "../../api/generated/graphql";

/** The outlines of one class on an image, as one SVG path in the image's pixels: hundreds of boxes cost one element. */
export interface Outlines {
  weedType: string;
  count: number;
  pending: boolean;
  path: string;
}

/** An image as the grid shows it. Adopted ones may have no width and height yet. */
export interface ImageTile {
  id: string;
  filename: string;
  src: string;
  /** When `src` was made: it is good for a quarter of an hour. */
  readAt: number;
  width: number | null;
  height: number | null;
  outlines: readonly Outlines[];
  objects: number;
  pending: number;
}

type Shape = ImagesTileFragment["annotations"][number];

const FRESH_MS = 10 * 60_000;
const USUAL_ASPECT = 4 / 3;

export function imageTile(asset: ImagesTileFragment, readAt: number): ImageTile {
  const { id, filename, thumbnailUrl, width = null, height = null, annotations, pendingAnnotations } = asset;
  return {
    id,
    filename,
    src: thumbnailUrl,
    readAt,
    width,
    height,
    outlines: [...outlines(annotations, false), ...outlines(pendingAnnotations, true)],
    objects: annotations.length,
    pending: pendingAnnotations.length,
  };
}

/** The tile that was shown, where the image is the same: nothing is drawn or loaded anew then. */
export function unlessSame(before: ImageTile | undefined, now: ImageTile): ImageTile {
  if (!before) return now;
  const isFresh = now.readAt - before.readAt < FRESH_MS;
  const kept = isFresh ? { ...now, src: before.src, readAt: before.readAt } : now;
  return JSON.stringify(kept) === JSON.stringify(before) ? before : kept;
}

export function aspect({ width, height }: ImageTile): number {
  return width && height ? width / height : USUAL_ASPECT;
}

function outlines(shapes: readonly Shape[], pending: boolean): Outlines[] {
  const byClass = new Map<string, Shape[]>();
  for (const shape of shapes) {
    const mates = byClass.get(shape.weedType);
    if (mates) mates.push(shape);
    else byClass.set(shape.weedType, [shape]);
  }
  return [...byClass].map(([weedType, mates]) => ({
    weedType,
    count: mates.length,
    pending,
    path: mates.map(outline).join(""),
  }));
}

function outline({ box, polygon }: Shape): string {
  if (polygon && polygon.length > 2) return `M${polygon.map(({ x, y }) => `${tenth(x)} ${tenth(y)}`).join("L")}z`;
  return `M${tenth(box.x)} ${tenth(box.y)}h${tenth(box.width)}v${tenth(box.height)}h${-tenth(box.width)}z`;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
