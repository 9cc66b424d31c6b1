import { describe, expect, it } from "vitest";

import { chooseImages } from "./imageFiles";

const file = (path: string) => ({ path, file: new File([path], path.split("/").at(-1) ?? path) });
const now = new Date("2026-03-15T14:05:00");

describe("chooseImages", () => {
  it("names the batch after the one folder, and leaves that out of the names", () => {
    const choice = chooseImages([file("north/b/DJI_2.JPG"), file("north/a.tif")], now);
    expect(choice.batchName).toBe("north");
    expect(choice.images.map(({ path }) => path)).toEqual(["a.tif", "b/DJI_2.JPG"]);
  });

  it("keeps the folders of several, and names the batch after the time", () => {
    const choice = chooseImages([file("north/1.jpg"), file("northern/1.jpg")], now);
    expect(choice.images.map(({ path }) => path)).toEqual(["north/1.jpg", "northern/1.jpg"]);
    expect(choice.batchName).toMatch(/^Upload of Mar 15, 2026/);
  });

  it("leaves out what is no image and counts it, but for hidden files", () => {
    const choice = chooseImages([file("a.webp"), file("labels.txt"), file(".DS_Store"), file(".cache/b.png")], now);
    expect(choice.images.map(({ path }) => path)).toEqual(["a.webp"]);
    expect(choice.others).toBe(1);
  });
});
