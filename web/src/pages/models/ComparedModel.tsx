import { Anchor, Button, Skeleton, Stack, Table, Text } from "@mantine/core";
import { Link } from "wouter";

import { useAction } from "../../api/action";
import type { ModelsComparedQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { useMay } from "../../api/projectContext";
import { ClassName } from "../../components/ClassName";
import { StatusChip } from "../../components/StatusChip";
import { count, percent } from "../../components/numbers";
import { COMPARED, EVALUATE } from "./documents";

type Model = ModelsComparedQuery["model"];

/** One row of the comparison: the newest evaluation of the model on the version's test split, or the way to one. */
export function ComparedModel({ id, version }: { id: string; version: { id: string; version: number } }) {
  const [{ data }] = useLiveQuery(COMPARED, { id }, ["EVALUATION_CHANGED"]);
  if (!data) {
    return (
      <Table.Tr>
        <Table.Td colSpan={6}>
          <Skeleton height={28} />
        </Table.Td>
      </Table.Tr>
    );
  }
  const { model } = data;
  const evaluation = model.evaluations
    .filter((one) => one.split === "TEST" && one.version.id === version.id)
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))[0];
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={`/models/${model.id}`} fw={600} size="sm">
          {model.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          {model.version ? `trained on v${model.version.version}` : "imported"}
          {model.deployed ? ", deployed" : ""}
        </Text>
      </Table.Td>
      {evaluation?.metrics ? (
        <Figures metrics={evaluation.metrics} seen={evaluation.seenImages} />
      ) : (
        <Table.Td colSpan={5}>
          <Measuring model={model} version={version} evaluation={evaluation} />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

function Figures({ metrics, seen }: { metrics: NonNullable<Model["evaluations"][number]["metrics"]>; seen: number }) {
  return (
    <>
      <Table.Td data-label="mAP">
        <Text fw={600}>{percent(metrics.mAP50)}</Text>
      </Table.Td>
      <Table.Td data-label="mAP50-95">{percent(metrics.mAP5095)}</Table.Td>
      <Table.Td data-label="Precision · recall">
        {percent(metrics.precision)} · {percent(metrics.recall)}
      </Table.Td>
      <Table.Td data-label="Seen before">
        {seen === 0 ? (
          "None"
        ) : (
          <Text size="sm" fw={600}>
            {count(seen)}: flattered
          </Text>
        )}
      </Table.Td>
      <Table.Td data-label="By class, AP50">
        <Stack gap={2} align="start">
          {metrics.perClass.map((one) => (
            <ClassName key={one.name} name={one.name} detail={percent(one.ap50)} />
          ))}
        </Stack>
      </Table.Td>
    </>
  );
}

function Measuring({
  model,
  version,
  evaluation,
}: {
  model: Model;
  version: { id: string; version: number };
  evaluation: Model["evaluations"][number] | undefined;
}) {
  const mayEvaluate = useMay("evaluate");
  const [evaluate, busy] = useAction(EVALUATE, (data) => data.evaluateModel);
  if (evaluation && evaluation.status !== "FAILED") return <StatusChip status={evaluation.status} word="Measuring" />;
  return (
    <Stack gap={4} align="start">
      {evaluation && (
        <Text size="sm" c="var(--mantine-color-error)">
          {evaluation.failureReason}
        </Text>
      )}
      {mayEvaluate ? (
        <Button
          size="compact-sm"
          variant="default"
          loading={busy}
          onClick={() => evaluate({ modelId: model.id, versionId: version.id, split: "TEST" })}
        >
          Evaluate on v{version.version} test
        </Button>
      ) : (
        <Text size="sm" c="dimmed">
          Not measured on v{version.version} test yet; a manager can do that.
        </Text>
      )}
    </Stack>
  );
}
