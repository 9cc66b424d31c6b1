import { Group, Select } from "@mantine/core";
import { useQuery } from "urql";

import { graphql } from "../../api/generated";
import { useProject } from "../../api/projectContext";
import { count } from "../../components/numbers";

const REVIEW_BATCHES = graphql(`
  query ReviewBatches($id: ID!) {
    project(id: $id) {
      id
      uploadBatches(first: 200) {
        nodes {
          id
          name
        }
      }
    }
  }
`);

/** Narrows the queue to a class or an upload. */
export function ReviewFilters({
  classes,
  className,
  batch,
  onClass,
  onBatch,
}: {
  classes: readonly { name: string; count: number }[];
  className: string | null;
  batch: string | null;
  onClass: (name: string | null) => void;
  onBatch: (id: string | null) => void;
}) {
  const [{ data }] = useQuery({ query: REVIEW_BATCHES, variables: { id: useProject().id } });
  const names = classes.map(({ name, count: of }) => ({ value: name, label: `${name} (${count(of)})` }));
  if (className !== null && !classes.some(({ name }) => name === className)) {
    names.push({ value: className, label: `${className} (0)` });
  }
  const batches = data?.project.uploadBatches.nodes ?? [];
  return (
    <Group gap="xs">
      <Select
        aria-label="Class"
        placeholder="All classes"
        data={names}
        value={className}
        onChange={onClass}
        clearable
        clearButtonProps={{ "aria-label": "All classes" }}
        w={170}
      />
      <Select
        aria-label="Upload"
        placeholder="All uploads"
        data={batches.map(({ id, name }) => ({ value: id, label: name }))}
        value={batch}
        onChange={onBatch}
        clearable
        clearButtonProps={{ "aria-label": "All uploads" }}
        searchable
        w={170}
      />
    </Group>
  );
}
