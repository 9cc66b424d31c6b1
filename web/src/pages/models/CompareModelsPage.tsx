import { Alert, Group, MultiSelect, Select, Skeleton, Stack, Table, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import { useQuery } from "urql";
import { useSearchParams } from "wouter";

import { useLiveQuery } from "../../api/live";
import { useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { StackedTable } from "../../components/StackedTable";
import { counted } from "../../components/numbers";
import { ComparedModel } from "./ComparedModel";
import { MODELS, READY_VERSIONS } from "./documents";

const MOST = 4;

/** Two to four models on the same test images of one version: the only comparison that says something. */
export default function CompareModelsPage() {
  const { id } = useProject();
  const [search, setSearch] = useSearchParams();
  const [{ data: listed, error }, execute] = useLiveQuery(MODELS, { id, after: undefined }, ["MODEL_CREATED"]);
  const [{ data: frozen }] = useQuery({ query: READY_VERSIONS, variables: { id } });
  if (error && !listed) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!listed || !frozen) return <Skeleton height={320} />;
  const models = listed.project.models.nodes;
  const versions = frozen.project.versions.nodes.filter(
    ({ status, splitCounts }) => splitCounts.test > 0 && (status === "READY" || status === "TRAINING"),
  );
  const named = search.get("ids")?.split(",").filter(Boolean) ?? [];
  const ids = (named.length ? named : models.map((model) => model.id)).slice(0, MOST);
  const version = versions.find((one) => String(one.version) === search.get("version")) ?? versions[0];
  const choose = (name: "ids" | "version", value: string) =>
    setSearch((now) => {
      const next = new URLSearchParams(now);
      next.set(name, value);
      return next;
    });
  return (
    <>
      <PageHead title="Compare models" />
      <Stack>
        <Group align="end" gap="sm">
          <MultiSelect
            label="Models"
            data={models.map((model) => ({ value: model.id, label: model.name }))}
            value={ids}
            onChange={(next) => choose("ids", next.join())}
            maxValues={MOST}
            style={{ flex: 1, minWidth: 260 }}
          />
          <Select
            label="On the test images of"
            data={versions.map((one) => ({
              value: String(one.version),
              label: `v${one.version}, ${counted(one.splitCounts.test, "image")}`,
            }))}
            value={version ? String(version.version) : null}
            onChange={(value) => value && choose("version", value)}
            allowDeselect={false}
            w={220}
          />
        </Group>
        {version ? (
          <Comparison ids={ids} version={version} />
        ) : (
          <EmptyState icon={TriangleAlert} title="No version has test images">
            Create a version whose test split is above 0 %, and compare the models on it.
          </EmptyState>
        )}
      </Stack>
    </>
  );
}

function Comparison({ ids, version }: { ids: readonly string[]; version: { id: string; version: number } }) {
  return (
    <>
      <Alert color="yellow" icon={<TriangleAlert aria-hidden />} title="What makes a figure too good">
        A model that was trained on some of these images knows them. The column “Seen before” counts them, over all the
        models that it started from; above 0 the figure is flattered.
      </Alert>
      <StackedTable>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Model</Table.Th>
              <Table.Th>mAP</Table.Th>
              <Table.Th>mAP50-95</Table.Th>
              <Table.Th>Precision · recall</Table.Th>
              <Table.Th>Seen before</Table.Th>
              <Table.Th>By class, AP50</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {ids.map((id) => (
              <ComparedModel key={id} id={id} version={version} />
            ))}
          </Table.Tbody>
      </StackedTable>
      {ids.length < 2 && <Text c="dimmed">Choose at least one more model.</Text>}
    </>
  );
}
