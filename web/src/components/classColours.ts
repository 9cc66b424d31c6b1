/** Twelve colours that people with the common colour blindnesses tell apart (after Paul Tol's and Okabe and Ito's sets). */
export const PALETTE = [
  "#E69F00",
  "#56B4E9",
  "#009E73",
  "#F0E442",
  "#0072B2",
  "#D55E00",
  "#CC79A7",
  "#AA4499",
  "#44AA99",
  "#DDCC77",
  "#882255",
  "#BBBBBB",
] as const;

function slot(name: string): number {
  let hash = 2_166_136_261;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16_777_619);
  return (hash >>> 0) % PALETTE.length;
}

/**
 * The colour of each class of a project. A class keeps the place that its name hashes to, so that it has the same colour
 * in every view and after other classes come or go; only one whose place an alphabetically earlier one has moves on.
 */
export function classColours(names: readonly string[]): (name: string) => string {
  const places = new Map<string, number>();
  const taken = new Set<number>();
  for (const name of names.toSorted()) {
    let place = slot(name);
    while (taken.has(place) && taken.size < PALETTE.length) place = (place + 1) % PALETTE.length;
    taken.add(place);
    places.set(name, place);
  }
  return (name) => PALETTE[places.get(name) ?? slot(name)] ?? PALETTE[0];
}
