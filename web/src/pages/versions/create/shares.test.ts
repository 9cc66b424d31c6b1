import { describe, expect, it } from "vitest";

import { apportion, toFractions, toPercents, withShare, type Shares } from "./shares";

const usual: Shares = { train: 80, val: 15, test: 5 };
const sum = ({ train, val, test }: Shares) => train + val + test;

describe("apportion", () => {
  it("loses nothing and gives what is left over to the largest remainders", () => {
    expect(apportion(10, [1, 1, 1], 1)).toEqual([4, 3, 3]);
    expect(apportion(7, [5, 3, 1], 1)).toEqual([4, 2, 1]);
    expect(apportion(100, [1, 1, 1], 0.01)).toEqual([33.34, 33.33, 33.33]);
  });

  it("does not take a rounding error for a remainder", () => {
    expect(apportion(100, [0.1, 0.2, 0.7], 1)).toEqual([10, 20, 70]);
  });
});

describe("withShare", () => {
  it("takes from the others in proportion", () => {
    expect(withShare(usual, "train", 60)).toEqual({ train: 60, val: 30, test: 10 });
    expect(withShare(usual, "test", 20)).toEqual({ train: 67, val: 13, test: 20 });
  });

  it("always comes to 100, whichever share becomes whatever", () => {
    for (const name of ["train", "val", "test"] as const)
      for (let value = 0; value <= 100; value += 1) {
        const next = withShare(usual, name, value);
        expect(sum(next)).toBe(100);
        expect(Math.min(next.train, next.val, next.test)).toBeGreaterThanOrEqual(0);
      }
  });

  it("gives back by the usual shares where the others had nothing", () => {
    const all = withShare(usual, "train", 100);
    expect(all).toEqual({ train: 100, val: 0, test: 0 });
    expect(withShare(all, "train", 80)).toEqual(usual);
    expect(withShare({ train: 0, val: 0, test: 100 }, "test", 5)).toEqual({ train: 80, val: 15, test: 5 });
  });

  it("keeps within 0 and 100", () => {
    expect(withShare(usual, "val", 130)).toEqual({ train: 0, val: 100, test: 0 });
    expect(withShare(usual, "val", -3)).toEqual({ train: 94, val: 0, test: 6 });
  });

  it("goes to hundredths only where the change does", () => {
    const next = withShare(usual, "train", 72.5);
    expect(next).toEqual({ train: 72.5, val: 20.63, test: 6.87 });
  });
});

describe("percents and fractions", () => {
  it("come back as they went", () => {
    expect(toPercents({ train: 0.8, val: 0.15, test: 0.05 })).toEqual(usual);
    expect(toPercents(toFractions({ train: 57, val: 29, test: 14 }))).toEqual({ train: 57, val: 29, test: 14 });
  });

  it("of thirds sum to 100, and their fractions to 1 within what the API allows", () => {
    const thirds = toPercents({ train: 1 / 3, val: 1 / 3, test: 1 / 3 });
    expect(sum(thirds)).toBeCloseTo(100, 10);
    expect(Math.abs(sum(toFractions(thirds)) - 1)).toBeLessThan(1e-6);
  });
});
