import { describe, expect, test } from "vitest";

import { boxBetween, hit, moved, outlineOf, resized, vertexMoved, type Outline } from "./geometry";

const image = { width: 100, height: 80 };
const box = (x: number, y: number, width: number, height: number): Outline => ({ box: { x, y, width, height }, polygon: null });

describe("drawing", () => {
  test("a box lies between its corners, whichever came first, and within the image", () => {
    expect(boxBetween({ x: 30, y: 40 }, { x: -5, y: 200 }, image)).toEqual({ x: 0, y: 40, width: 30, height: 40 });
  });

  test("a polygon's corners are drawn into the image, and its box around them", () => {
    const { box: around, polygon } = outlineOf([{ x: -3, y: 2 }, { x: 50, y: 2 }, { x: 20, y: 90 }], image);
    expect(polygon).toEqual([{ x: 0, y: 2 }, { x: 50, y: 2 }, { x: 20, y: 80 }]);
    expect(around).toEqual({ x: 0, y: 2, width: 50, height: 78 });
  });
});

describe("moving", () => {
  test("stops at the edge and keeps the size", () => {
    expect(moved(box(90, 10, 8, 8), 50, -50, image).box).toEqual({ x: 92, y: 0, width: 8, height: 8 });
  });

  test("a polygon's corners go as far as its box", () => {
    const triangle = outlineOf([{ x: 10, y: 10 }, { x: 20, y: 10 }, { x: 10, y: 30 }], image);
    const after = moved(triangle, -40, 5, image);
    expect(after.polygon).toEqual([{ x: 0, y: 15 }, { x: 10, y: 15 }, { x: 0, y: 35 }]);
    expect(after.box).toEqual({ x: 0, y: 15, width: 10, height: 20 });
  });

  test("one that is as wide as the image stays", () => {
    expect(moved(box(0, 0, 100, 10), 7, 3, image).box).toEqual({ x: 0, y: 3, width: 100, height: 10 });
  });
});

describe("resizing", () => {
  const { box: before } = box(20, 20, 20, 10);

  test("a side's handle moves that side alone", () => {
    expect(resized(before, "e", { x: 70, y: 3 }, image)).toEqual({ x: 20, y: 20, width: 50, height: 10 });
    expect(resized(before, "n", { x: 0, y: 5 }, image)).toEqual({ x: 20, y: 5, width: 20, height: 25 });
  });

  test("a corner dragged over the opposite one turns the box around", () => {
    expect(resized(before, "nw", { x: 60, y: 50 }, image)).toEqual({ x: 40, y: 30, width: 20, height: 20 });
  });

  test("never gets smaller than can be seen, nor leaves the image", () => {
    expect(resized(before, "w", { x: 40, y: 0 }, image)).toEqual({ x: 40, y: 20, width: 2, height: 10 });
    expect(resized({ x: 98, y: 0, width: 2, height: 5 }, "w", { x: 500, y: 0 }, image)).toEqual({ x: 98, y: 0, width: 2, height: 5 });
  });

  test("a polygon's corner takes its box along", () => {
    const after = vertexMoved([{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 0, y: 10 }], 1, { x: 400, y: 0 }, image);
    expect(after.box).toEqual({ x: 0, y: 0, width: 100, height: 10 });
  });
});

describe("hit", () => {
  const large = box(0, 0, 60, 60);
  const small = box(10, 10, 10, 10);

  test("takes the smaller of two that lie over each other, in either order", () => {
    expect(hit([large, small], { x: 15, y: 15 }, 0)).toBe(small);
    expect(hit([small, large], { x: 15, y: 15 }, 0)).toBe(small);
    expect(hit([small, large], { x: 40, y: 15 }, 0)).toBe(large);
  });

  test("misses a polygon within its box, but not its edge", () => {
    const triangle = outlineOf([{ x: 0, y: 0 }, { x: 50, y: 0 }, { x: 0, y: 50 }], image);
    expect(hit([triangle], { x: 40, y: 40 }, 3)).toBeNull();
    expect(hit([triangle], { x: 10, y: 10 }, 0)).toBe(triangle);
    expect(hit([triangle], { x: 26, y: 26 }, 3)).toBe(triangle);
  });

  test("has a little slack for thin ones", () => {
    const thin = box(30, 0, 1, 60);
    expect(hit([thin], { x: 28, y: 30 }, 1)).toBeNull();
    expect(hit([thin], { x: 28, y: 30 }, 2)).toBe(thin);
  });
});
