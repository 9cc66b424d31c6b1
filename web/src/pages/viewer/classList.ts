import { useMemo, useState } from "react";

import { useProject } from "../../api/projectContext";

/** The class names in an order that stays while one works, so that a number key means the same class: new ones come last. */
export function useClassList(used: readonly string[]) {
  const project = useProject();
  const [usual] = useState(() => project.classCounts.toSorted((a, b) => b.annotations - a.annotations)[0]?.name ?? null);
  const [first] = useState(() => project.classCounts.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b)));
  const [added, setAdded] = useState<readonly string[]>([]);
  const wanted = [...first, ...added, ...used].join("\n");
  const names = useMemo(() => [...new Set(wanted ? wanted.split("\n") : [])], [wanted]);
  const add = (name: string) => setAdded((before) => [...before, name]);
  /** `usual` is the one that the project has most of. */
  return { names, usual, add };
}
