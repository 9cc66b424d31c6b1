import { Anchor, Box, Table, Text, Title } from "@mantine/core";
import { Link } from "wouter";

import { StackedTable } from "../../components/StackedTable";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { count, counted, percent } from "../../components/numbers";
import type { OneModel } from "./ModelPage";

const WORDS = { TRAIN: "train", VAL: "val", TEST: "test" } as const;

/** What the model was measured on beside its own training, each with how many of the images it had seen. */
export function Evaluations({ model }: { model: OneModel }) {
  return (
    <Box>
      <Title order={3} size="h4" mb={6}>
        Evaluations
      </Title>
      {model.evaluations.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet. Evaluate the model on a version's test images to compare it fairly with others.
        </Text>
      ) : (
        <StackedTable>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>On</Table.Th>
                <Table.Th>mAP</Table.Th>
                <Table.Th>mAP50-95</Table.Th>
                <Table.Th>Precision · recall</Table.Th>
                <Table.Th>Seen before</Table.Th>
                <Table.Th>When</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {model.evaluations.map((one) => (
                <Evaluation key={one.id} evaluation={one} />
              ))}
            </Table.Tbody>
        </StackedTable>
      )}
    </Box>
  );
}

function Evaluation({ evaluation }: { evaluation: OneModel["evaluations"][number] }) {
  const { version, split, status, metrics, seenImages } = evaluation;
  const images = version.splitCounts[WORDS[split]];
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={`/versions/${version.version}`} size="sm">
          v{version.version} {WORDS[split]}
        </Anchor>
        <Text size="xs" c="dimmed">
          {counted(images, "image")}
        </Text>
      </Table.Td>
      {metrics ? (
        <>
          <Table.Td data-label="mAP">{percent(metrics.mAP50)}</Table.Td>
          <Table.Td data-label="mAP50-95">{percent(metrics.mAP5095)}</Table.Td>
          <Table.Td data-label="Precision · recall">
            {percent(metrics.precision)} · {percent(metrics.recall)}
          </Table.Td>
          <Table.Td data-label="Seen before">
            {seenImages === 0 ? "None" : `${count(seenImages)} of ${count(images)}: the figure is flattered`}
          </Table.Td>
        </>
      ) : (
        <Table.Td colSpan={4}>
          <StatusChip status={status} word={status === "FAILED" ? undefined : "Measuring"} />
          {evaluation.failureReason && (
            <Text size="sm" c="var(--mantine-color-error)">
              {evaluation.failureReason}
            </Text>
          )}
        </Table.Td>
      )}
      <Table.Td data-label="When">
        <When at={evaluation.createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}
