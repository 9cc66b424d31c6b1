/** A row of the grid: the tiles from `first` on, each as wide as its picture asks for at the row's height. */
export interface Row {
  first: number;
  height: number;
  lefts: readonly number[];
  widths: readonly number[];
}

export interface Grid {
  width: number;
  gap: number;
  /** The height that rows come near to. */
  height: number;
  /** So many in each row, whatever height that gives; null puts in as many as fit. */
  columns: number | null;
}

/** Panoramas and tall strips are cut rather than given a row of their own. */
const NARROWEST = 0.6;
const WIDEST = 2.4;

/**
 * Rows that all reach from edge to edge, of pictures whose proportions (width through height) are given. Only the last
 * may end before; it is as high as asked for.
 */
export function justify(aspects: readonly number[], grid: Grid): Row[] {
  const rows: Row[] = [];
  if (grid.width <= 0) return rows;
  let first = 0;
  let sum = 0;
  for (let index = 0; index < aspects.length; index += 1) {
    const aspect = within(aspects[index] ?? 1);
    const count = index - first;
    const full = fit(sum, count, grid);
    const fuller = fit(sum + aspect, count + 1, grid);
    // Of the two heights on either side of the one asked for, the nearer.
    const isFull = grid.columns === null ? count > 0 && grid.height - fuller > full - grid.height : count === grid.columns;
    if (isFull) {
      rows.push(row(aspects, first, index, full, grid));
      first = index;
      sum = 0;
    }
    sum += aspect;
  }
  if (first < aspects.length) rows.push(lastRow(aspects, first, sum, grid));
  return rows;
}

function lastRow(aspects: readonly number[], first: number, sum: number, grid: Grid): Row {
  const count = aspects.length - first;
  if (grid.columns === null) return row(aspects, first, aspects.length, Math.min(fit(sum, count, grid), grid.height), grid);
  const missing = grid.columns - count;
  return row(aspects, first, aspects.length, fit(sum + missing * (sum / count), grid.columns, grid), grid);
}

/** The height at which pictures of these proportions, side by side, are as wide as the grid. */
function fit(sum: number, count: number, { width, gap }: Grid): number {
  return sum === 0 ? Number.POSITIVE_INFINITY : (width - gap * (count - 1)) / sum;
}

/** In whole pixels, without a rest at the right edge. */
function row(aspects: readonly number[], first: number, end: number, height: number, { width, gap }: Grid): Row {
  const lefts: number[] = [];
  const widths: number[] = [];
  let edge = 0;
  for (let index = first; index < end; index += 1) {
    const left = Math.round(edge);
    edge += within(aspects[index] ?? 1) * height;
    lefts.push(left);
    widths.push(Math.min(Math.round(edge), width) - left);
    edge += gap;
  }
  return { first, height: Math.round(height), lefts, widths };
}

function within(aspect: number): number {
  return Math.min(Math.max(aspect, NARROWEST), WIDEST);
}
