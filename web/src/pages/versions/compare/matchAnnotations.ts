import type { AnnotationSource } from "../../../api/generated/graphql";

export interface FrozenAnnotation {
  id: string;
  weedType: string;
  box: { x: number; y: number; width: number; height: number };
  polygon?: readonly { x: number; y: number }[] | null;
  confidence?: number | null;
  source: AnnotationSource;
  verified: boolean;
}

export type Matched<A> = A & { weight: "bold" | "faint" };

/**
 * One image's annotations in two versions, bold where they changed, as the server counts them: an annotation is matched
 * by its id, and has changed where its content has; what is left on both sides is matched by equal content, so that a box
 * that was drawn again exactly is no change.
 */
export function matchAnnotations<A extends FrozenAnnotation>(
  before: readonly A[],
  after: readonly A[],
): { before: Matched<A>[]; after: Matched<A>[] } {
  const then = new Map(before.map((one) => [one.id, content(one)]));
  const now = new Map(after.map((one) => [one.id, content(one)]));
  return { before: weighed(before, then, now), after: weighed(after, now, then) };
}

function weighed<A extends FrozenAnnotation>(
  mine: readonly A[],
  contents: ReadonlyMap<string, string>,
  others: ReadonlyMap<string, string>,
): Matched<A>[] {
  const left = new Map<string, number>();
  for (const [id, other] of others) {
    if (!contents.has(id)) left.set(other, (left.get(other) ?? 0) + 1);
  }
  return mine.map((one) => ({ ...one, weight: isKept(one) ? "faint" : "bold" }));

  function isKept(one: A): boolean {
    const own = content(one);
    const other = others.get(one.id);
    if (other !== undefined) return other === own;
    const equal = left.get(own) ?? 0;
    left.set(own, equal - 1);
    return equal > 0;
  }
}

function content({ weedType, box, polygon, confidence, source, verified }: FrozenAnnotation): string {
  const outline = polygon?.map((point) => [point.x, point.y]) ?? null;
  return JSON.stringify([weedType, box.x, box.y, box.width, box.height, outline, confidence ?? null, source, verified]);
}
