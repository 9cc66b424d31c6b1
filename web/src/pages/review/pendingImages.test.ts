import { describe, expect, test } from "vitest";

import { chunks, classesOf, divide, neighbour, waitingImages, type PendingImage } from "./pendingImages";

const image = (id: string, ...pending: [id: string, weedType: string, confidence: number][]): PendingImage => ({
  id,
  filename: `${id}.jpg`,
  thumbnailUrl: "",
  pending: pending.map(([one, weedType, confidence]) => ({ id: one, weedType, confidence })),
});

const images = [
  image("a", ["1", "wattle", 0.9], ["2", "pine", 0.8]),
  image("b", ["3", "pine", 0.3]),
  image("c", ["4", "wattle", 0.799]),
];

test("what was decided, and other classes, wait no more; images without anything go", () => {
  expect(waitingImages(images, new Set(["3"]), null).map(({ id }) => id)).toEqual(["a", "c"]);
  const wattle = waitingImages(images, new Set(["4"]), "wattle");
  expect(wattle).toMatchObject([{ id: "a", pending: [{ id: "1" }] }]);
});

test("classes, most first", () => {
  expect(classesOf(images)).toEqual([
    { name: "pine", count: 2 },
    { name: "wattle", count: 2 },
  ]);
});

test("a threshold divides all: what is just as sure is above, as on the server", () => {
  const { above, below, imagesAbove, imagesBelow } = divide(images, 80);
  expect(above.map(({ id }) => id)).toEqual(["1", "2"]);
  expect(below.map(({ id }) => id)).toEqual(["3", "4"]);
  expect([imagesAbove, imagesBelow]).toEqual([1, 2]);
  expect(divide(images, 0).below).toEqual([]);
});

describe("the way through the queue", () => {
  test("passes over images with nothing left, and comes back to what was passed over", () => {
    const left = [images[0], images[2]] as PendingImage[];
    expect(neighbour(images, left, "a", 1)).toBe("c");
    expect(neighbour(images, left, "c", 1)).toBe("a");
    expect(neighbour(images, left, "b", -1)).toBe("a");
  });

  test("ends before the first, and when nothing is left", () => {
    expect(neighbour(images, images, "a", -1)).toBeNull();
    expect(neighbour(images, [], "a", 1)).toBeNull();
    expect(neighbour(images, [images[1] as PendingImage], "b", 1)).toBeNull();
  });
});

test("chunks hold everything once", () => {
  expect(chunks([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunks([], 2)).toEqual([]);
});
