import { expect, test } from "vitest";

import { fitted, panned, showing, toFrame, toImage, visiblePart, ViewStore, zoomed } from "./view";

const image = { width: 4000, height: 2000 };
const frame = { width: 1000, height: 800 };

test("the whole picture is in the middle", () => {
  const view = fitted(image, frame);
  expect(toFrame(view, { x: 2000, y: 1000 })).toEqual({ x: 500, y: 400 });
  expect(view.scale * image.width).toBeLessThanOrEqual(frame.width);
});

test("what is under the pointer stays there while zooming", () => {
  const at = { x: 620, y: 410 };
  const view = fitted(image, frame);
  const before = toImage(view, at);
  const after = toImage(zoomed(zoomed(view, 6, at, image, frame), 1.7, at, image, frame), at);
  expect(after.x).toBeCloseTo(before.x);
  expect(after.y).toBeCloseTo(before.y);
});

test("zooming out ends with the whole picture", () => {
  const near = zoomed(fitted(image, frame), 9, { x: 10, y: 10 }, image, frame);
  expect(zoomed(near, 0.0001, { x: 900, y: 700 }, image, frame)).toEqual(fitted(image, frame));
});

test("panning leaves no more than a strip of empty frame", () => {
  const near = zoomed(fitted(image, frame), 8, { x: 500, y: 400 }, image, frame);
  const far = panned(near, 1e6, 1e6, image, frame);
  expect(toFrame(far, { x: 0, y: 0 })).toEqual({ x: 64, y: 64 });
  const other = panned(near, -1e6, -1e6, image, frame);
  expect(toFrame(other, { x: image.width, y: image.height })).toEqual({ x: frame.width - 64, y: frame.height - 64 });
});

test("the visible part never reaches beyond the image", () => {
  expect(visiblePart(fitted(image, frame), image, frame)).toEqual({ x: 0, y: 0, ...image });
});

test("a box is shown whole, and a view that shows it is left alone", () => {
  const whole = fitted(image, frame);
  const box = { x: 3600, y: 1700, width: 300, height: 200 };
  expect(showing(whole, box, image, frame)).toBe(whole);
  const near = zoomed(whole, 10, { x: 0, y: 100 }, image, frame);
  const part = visiblePart(showing(near, box, image, frame), image, frame);
  expect(part.x).toBeLessThanOrEqual(box.x);
  expect(part.x + part.width).toBeGreaterThanOrEqual(box.x + box.width);
});

test("another picture is shown whole; a smaller window keeps a close-up", () => {
  const store = new ViewStore();
  store.measure(image, frame);
  store.zoom(5);
  const { scale } = store.view;
  store.measure(image, { width: 700, height: 500 });
  expect(store.view.scale).toBe(scale);
  store.measure({ width: 640, height: 640 }, frame);
  expect(store.view).toEqual(fitted({ width: 640, height: 640 }, frame));
  store.measure({ width: 640, height: 640 }, { width: 500, height: 500 });
  expect(store.isCloseUp).toBe(false);
});
