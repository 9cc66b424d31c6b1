import { describe, expect, it } from "vitest";

import { justify, type Grid } from "./justified";

const grid: Grid = { width: 1_000, gap: 8, height: 200, columns: null };
const ends = (rows: ReturnType<typeof justify>) =>
  rows.map(({ lefts, widths }) => (lefts.at(-1) ?? 0) + (widths.at(-1) ?? 0));

describe("justify", () => {
  it("fills every row but the last to the edge, near the height asked for", () => {
    const aspects = Array.from({ length: 101 }, (_, index) => [1.33, 1.78, 0.75, 1][index % 4] ?? 1);
    const rows = justify(aspects, grid);
    expect(ends(rows.slice(0, -1)).every((end) => end === 1_000)).toBe(true);
    expect(rows.slice(0, -1).every(({ height }) => height > 140 && height < 280)).toBe(true);
    expect(ends(rows).at(-1)).toBeLessThanOrEqual(1_000);
  });

  it("puts each picture into one row, in order, without overlap", () => {
    const rows = justify(Array.from({ length: 50 }, (_, index) => 0.6 + (index % 7) / 4), grid);
    let next = 0;
    for (const { first, widths, lefts } of rows) {
      expect(first).toBe(next);
      next += widths.length;
      for (let place = 1; place < lefts.length; place += 1) {
        expect(lefts[place]).toBe((lefts[place - 1] ?? 0) + (widths[place - 1] ?? 0) + 8);
      }
    }
    expect(next).toBe(50);
  });

  it("does not blow the last pictures up", () => {
    const [only] = justify([1.5], grid);
    expect(only).toMatchObject({ height: 200, widths: [300] });
  });

  it("leaves the rows before as they are when more pictures come", () => {
    const aspects = Array.from({ length: 40 }, (_, index) => 1 + (index % 3) / 3);
    const before = justify(aspects.slice(0, 30), grid).slice(0, -1);
    expect(justify(aspects, grid).slice(0, before.length)).toEqual(before);
  });

  it("has two columns on a phone, and half the width for a last one alone", () => {
    const rows = justify([1, 1, 2, 0.7, 1], { width: 366, gap: 6, height: 0, columns: 2 });
    expect(rows.map(({ widths }) => widths.length)).toEqual([2, 2, 1]);
    expect(ends(rows.slice(0, 2))).toEqual([366, 366]);
    expect(rows[2]?.widths).toEqual([180]);
  });

  it("cuts what is far too wide or narrow", () => {
    const [row] = justify([40, 0.01], { ...grid, columns: 2 });
    expect(row?.widths[1]).toBeGreaterThan(100);
  });

  it("has no rows without width", () => {
    expect(justify([1, 2], { ...grid, width: 0 })).toEqual([]);
  });
});
