import { Anchor, Box, Loader, Table, Text, Title } from "@mantine/core";
import { Link } from "wouter";

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
        <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table>
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
          </Table>
        </Table.ScrollContainer>
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
          <Table.Td>{percent(metrics.mAP50)}</Table.Td>
          <Table.Td>{percent(metrics.mAP5095)}</Table.Td>
          <Table.Td>
            {percent(metrics.precision)} · {percent(metrics.recall)}
          </Table.Td>
          <Table.Td>
            {seenImages === 0 ? "None" : `${count(seenImages)} of ${count(images)}: the figure is flattered`}
          </Table.Td>
        </>
      ) : (
        <Table.Td colSpan={4}>
          <StatusChip status={status} /> {status !== "FAILED" && <Loader size="xs" aria-label="Measuring" />}
          {evaluation.failureReason && (
            <Text size="sm" c="red">
              {evaluation.failureReason}
            </Text>
          )}
        </Table.Td>
      )}
      <Table.Td>
        <When at={evaluation.createdAt} />
      </Table.Td>
    </Table.Tr>
  );
}
