/** How much of the images each split takes, in percent; together 100. */
export interface Shares {
  train: number;
  val: number;
  test: number;
}

export const SPLITS = ["train", "val", "test"] as const satisfies readonly (keyof Shares)[];

const USUAL: Shares = { train: 80, val: 15, test: 5 };

/** Divides `total` by `weights` in whole `unit`s, so that nothing is lost: the largest remainders get what is left over. */
export function apportion(total: number, weights: readonly number[], unit: 1 | 0.01): number[] {
  const perUnit = unit === 1 ? 1 : 100;
  const units = Math.round(total * perUnit);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (units * weight) / sum);
  const whole = exact.map((one) => Math.floor(one + 1e-9));
  const left = units - whole.reduce((all, one) => all + one, 0);
  const remainder = (index: number) => (exact[index] ?? 0) - (whole[index] ?? 0);
  const order = exact.map((_, index) => index).toSorted((a, b) => remainder(b) - remainder(a) || a - b);
  const luckier = new Set(order.slice(0, left));
  return whole.map((one, index) => (one + (luckier.has(index) ? 1 : 0)) / perUnit);
}

/**
 * The shares with one of them changed: the others give or take in proportion to what they were, whole percents where the
 * change leaves whole ones. `before` is what stood there as the change began, so that a number typed digit by digit comes
 * to the same as one pasted.
 */
export function withShare(before: Shares, name: keyof Shares, value: number): Shares {
  const share = Math.round(Math.min(100, Math.max(0, value)) * 100) / 100;
  const others = SPLITS.filter((split) => split !== name);
  const had = others.map((split) => before[split]);
  const weights = had.some((one) => one > 0) ? had : others.map((split) => USUAL[split]);
  const rest = Math.round((100 - share) * 100) / 100;
  const given = apportion(rest, weights, Number.isInteger(rest) ? 1 : 0.01);
  const next = { ...before, [name]: share };
  others.forEach((split, index) => (next[split] = given[index] ?? 0));
  return next;
}

/** Of the API's fractions of 1. */
export function toPercents(fractions: Shares): Shares {
  const exact = SPLITS.map((split) => fractions[split] * 100);
  const whole = exact.every((one) => Math.abs(one - Math.round(one)) < 1e-6);
  const [train = 0, val = 0, test = 0] = apportion(100, exact, whole ? 1 : 0.01);
  return { train, val, test };
}

export function toFractions({ train, val, test }: Shares): Shares {
  return { train: train / 100, val: val / 100, test: test / 100 };
}
