import { handleAt, HANDLES, resized, vertexMoved, type Handle, type Outline, type Point, type Size } from "./geometry";

/** What of an outline can be dragged by itself: a box's handle, or a polygon's corner. */
export type Grip = { handle: Handle } | { corner: number };

/** The nearest grip within reach of a point. */
export function grip({ box, polygon }: Outline, at: Point, reach: number): Grip | null {
  const places: [Point, Grip][] = polygon
    ? polygon.map((corner, index) => [corner, { corner: index }])
    : HANDLES.map((handle) => [handleAt(box, handle), { handle }]);
  let found: Grip | null = null;
  let nearest = reach;
  for (const [place, one] of places) {
    const far = Math.hypot(place.x - at.x, place.y - at.y);
    if (far <= nearest) [nearest, found] = [far, one];
  }
  return found;
}

export function regripped(outline: Outline, held: Grip, to: Point, image: Size): Outline {
  if ("handle" in held) return { box: resized(outline.box, held.handle, to, image), polygon: null };
  return vertexMoved(outline.polygon ?? [], held.corner, to, image);
}
