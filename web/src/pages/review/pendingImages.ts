/** An image with what waits on it, as the queue knows it. */
export interface PendingImage {
  id: string;
  filename: string;
  thumbnailUrl: string;
  pending: readonly Finding[];
}

export interface Finding {
  id: string;
  weedType: string;
  confidence: number;
}

/** The images that still have something to decide on, without what was decided here already. */
export function waitingImages(images: readonly PendingImage[], decided: ReadonlySet<string>, className: string | null): PendingImage[] {
  return images
    .map((image) => ({
      ...image,
      pending: image.pending.filter(
        ({ id, weedType }) => !decided.has(id) && (className === null || weedType === className),
      ),
    }))
    .filter(({ pending }) => pending.length > 0);
}

export function classesOf(images: readonly PendingImage[]): { name: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { pending } of images) {
    for (const { weedType } of pending) counts.set(weedType, (counts.get(weedType) ?? 0) + 1);
  }
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .toSorted((a, b) => b.count - a.count || a.name.localeCompare(b.name));
}

export interface Division {
  /** As sure as the threshold, or surer. */
  above: Finding[];
  below: Finding[];
  imagesAbove: number;
  imagesBelow: number;
}

/** The two sides of a threshold, in whole percent as the slider has it. */
export function divide(images: readonly PendingImage[], thresholdPercent: number): Division {
  const isAbove = ({ confidence }: Finding) => confidence >= thresholdPercent / 100;
  const all = images.flatMap(({ pending }) => pending);
  return {
    above: all.filter(isAbove),
    below: all.filter((one) => !isAbove(one)),
    imagesAbove: images.filter(({ pending }) => pending.some(isAbove)).length,
    imagesBelow: images.filter(({ pending }) => pending.some((one) => !isAbove(one))).length,
  };
}

/**
 * The image to look at after (or before) `from` in the queue, whose images may have nothing left by now. Forward it
 * starts again at the beginning, so that what was passed over comes back.
 */
export function neighbour(
  images: readonly PendingImage[],
  waiting: readonly PendingImage[],
  from: string | null,
  by: 1 | -1,
): string | null {
  const ids = new Set(waiting.map(({ id }) => id));
  const place = images.findIndex(({ id }) => id === from);
  const order = by > 0 ? [...images.slice(place + 1), ...images.slice(0, Math.max(place, 0))] : images.slice(0, Math.max(place, 0)).toReversed();
  return order.find(({ id }) => ids.has(id))?.id ?? null;
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
}
