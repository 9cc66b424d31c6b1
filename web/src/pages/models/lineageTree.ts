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
 * Places things as a tree from left to right: a child stands a column right of its parent, the first child in its
 * parent's row. A parent that is not among those given makes no edge. Give them oldest first.
 */
export function treeOf(things: readonly Ancestry[]): Place[] {
  const ids = new Set(things.map(({ id }) => id));
  const children = new Map<string | null, Ancestry[]>();
  for (const thing of things) {
    const parent = thing.parentId !== null && ids.has(thing.parentId) ? thing.parentId : null;
    children.set(parent, [...(children.get(parent) ?? []), thing]);
  }
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

export interface Trained {
  id: string;
  /** The model that it started from. */
  parentId: string | null;
  /** The version that it was trained on; null for an imported one. */
  version: number | null;
}

/** The version on which a model, or nothing yet, went on to one or several models. */
export interface Step extends Ancestry {
  version: number | null;
}

/**
 * Versions and models in turn: each model hangs from the version that it was trained on, and that from the model that
 * the training started from. Trainings on one version from one model share it.
 */
export function stepsOf(models: readonly Trained[]): { steps: Step[]; ancestry: Ancestry[] } {
  const ids = new Set(models.map(({ id }) => id));
  const steps = new Map<string, Step>();
  const ancestry: Ancestry[] = [];
  for (const { id, parentId, version } of models) {
    const known = parentId !== null && ids.has(parentId) ? parentId : null;
    const step = { id: `${known ?? "start"}/${version ?? "import"}`, parentId: known, version };
    if (!steps.has(step.id)) {
      steps.set(step.id, step);
      ancestry.push(step);
    }
    ancestry.push({ id, parentId: step.id });
  }
  return { steps: [...steps.values()], ancestry };
}
