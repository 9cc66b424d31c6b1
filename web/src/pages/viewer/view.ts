import type { Box, Point, Size } from "./geometry";

/** How the image lies in the frame: a pixel of it is `scale` pixels of the screen, its corner is at `x`, `y` there. */
export interface View extends Point {
  scale: number;
}

const MARGIN = 16;
const CLOSEST = 32;
/** How much empty frame may show beside an image that is larger than it. */
const SLACK = 64;

export function fitted(image: Size, frame: Size): View {
  const across = (frame.width - 2 * MARGIN) / image.width;
  const down = (frame.height - 2 * MARGIN) / image.height;
  const scale = Math.max(Math.min(across, down, CLOSEST), 0.01);
  return kept({ scale, x: 0, y: 0 }, image, frame);
}

/** The view after zooming by `factor`: what is at `at` (in the frame) stays there, as far as the image's edges let it. */
export function zoomed(view: View, factor: number, at: Point, image: Size, frame: Size): View {
  const farthest = Math.min(fitted(image, frame).scale, 1);
  const scale = Math.min(Math.max(view.scale * factor, farthest), CLOSEST);
  const ratio = scale / view.scale;
  return kept({ scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio }, image, frame);
}

export function panned(view: View, dx: number, dy: number, image: Size, frame: Size): View {
  return kept({ scale: view.scale, x: view.x + dx, y: view.y + dy }, image, frame);
}

/** An image that fits is in the middle; of a larger one, no more than a strip of frame shows beside it. */
function kept({ scale, x, y }: View, image: Size, frame: Size): View {
  return { scale, x: place(x, image.width * scale, frame.width), y: place(y, image.height * scale, frame.height) };
}

function place(at: number, length: number, room: number): number {
  if (length <= room) return (room - length) / 2;
  return Math.min(Math.max(at, room - length - SLACK), SLACK);
}

export function toImage({ scale, x, y }: View, at: Point): Point {
  return { x: (at.x - x) / scale, y: (at.y - y) / scale };
}

export function toFrame({ scale, x, y }: View, point: Point): Point {
  return { x: point.x * scale + x, y: point.y * scale + y };
}

/** The part of the image that shows. */
export function visiblePart(view: View, image: Size, frame: Size): Box {
  const from = toImage(view, { x: 0, y: 0 });
  const to = toImage(view, { x: frame.width, y: frame.height });
  const [x, y] = [Math.max(from.x, 0), Math.max(from.y, 0)];
  return { x, y, width: Math.min(to.x, image.width) - x, height: Math.min(to.y, image.height) - y };
}

/** The view that has a point of the image in the middle. */
export function centred(view: View, point: Point, image: Size, frame: Size): View {
  const x = frame.width / 2 - point.x * view.scale;
  const y = frame.height / 2 - point.y * view.scale;
  return kept({ scale: view.scale, x, y }, image, frame);
}

/** The view, moved only as far as a box needs to show whole; drawn back for one that is larger than the frame. */
export function showing(view: View, box: Box, image: Size, frame: Size): View {
  const part = visiblePart(view, image, frame);
  const inside =
    box.x >= part.x && box.y >= part.y && box.x + box.width <= part.x + part.width && box.y + box.height <= part.y + part.height;
  if (inside) return view;
  const room = Math.min((0.8 * frame.width) / box.width, (0.8 * frame.height) / box.height);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return centred({ ...view, scale: Math.max(Math.min(view.scale, room), 0.01) }, middle, image, frame);
}

/** The view of one picture, for those who draw it: they move what they drew, and nothing is rendered anew. */
export class ViewStore {
  view: View = { scale: 1, x: 0, y: 0 };
  frame: Size = { width: 1, height: 1 };
  image: Size = { width: 1, height: 1 };
  #fits = true;
  #listeners = new Set<() => void>();

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  read = (): View => this.view;

  get isCloseUp(): boolean {
    return this.view.scale > 1.1 * fitted(this.image, this.frame).scale;
  }

  /** Another picture, or another frame for it: shown whole, unless it was being looked at closely. */
  measure(image: Size, frame: Size): void {
    const another = image.width !== this.image.width || image.height !== this.image.height;
    this.image = image;
    this.frame = frame;
    if (another || this.#fits) this.fit();
    else this.#become(panned(this.view, 0, 0, image, frame));
  }

  fit = (): void => this.#become(fitted(this.image, this.frame));

  zoom(factor: number, at: Point = { x: this.frame.width / 2, y: this.frame.height / 2 }): void {
    this.#become(zoomed(this.view, factor, at, this.image, this.frame));
  }

  pan(dx: number, dy: number): void {
    this.#become(panned(this.view, dx, dy, this.image, this.frame));
  }

  centre(point: Point): void {
    this.#become(centred(this.view, point, this.image, this.frame));
  }

  show(box: Box): void {
    this.#become(showing(this.view, box, this.image, this.frame));
  }

  #become(view: View): void {
    this.view = view;
    this.#fits = !this.isCloseUp;
    for (const listener of this.#listeners) listener();
  }
}
