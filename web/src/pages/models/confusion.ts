/** The places of a confusion matrix that say something: classes with objects or with findings, and the background. */
export function shownClasses(counts: readonly (readonly number[])[]): number[] {
  const last = counts.length - 1;
  return counts.flatMap((row, index) => {
    const met = row.some((value) => value > 0) || counts.some((other) => (other[index] ?? 0) > 0);
    return met || index === last ? [index] : [];
  });
}
