export interface Ancestry {
  id: string;
  parentId: string | null;
}

export interface Place {
  id: string;
  column: number;
  row: number;
  parentId: string | null;
}

/**
 * Places models as a tree from left to right: a child stands a column right of its parent, the first child in its
 * parent's row. A parent that is not among the models given makes no edge. Give them oldest first.
 */
export function treeOf(models: readonly Ancestry[]): Place[] {
  const ids = new Set(models.map(({ id }) => id));
  const children = Map.groupBy(models, ({ parentId }) => (parentId !== null && ids.has(parentId) ? parentId : null));
  const places: Place[] = [];
  let row = 0;
  const place = ({ id }: Ancestry, column: number, parentId: string | null): void => {
    places.push({ id, column, row, parentId });
    const next = children.get(id) ?? [];
    next.forEach((child, index) => {
      if (index > 0) row += 1;
      place(child, column + 1, id);
    });
  };
  (children.get(null) ?? []).forEach((root, index) => {
    if (index > 0) row += 1;
    place(root, 0, null);
  });
  return places;
}
