import { Alert, Button, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { useQuery } from "urql";

import { graphql } from "../../api/generated";
import { QueryProblem } from "../../components/Problem";
import { Warnings } from "../../components/Warnings";
import { count, counted } from "../../components/numbers";
import type { ImportedJob } from "./useImport";

const PAGE = 20;

const SKIPPED = graphql(`
  query ImagesSkipped($id: ID!, $first: Int!, $after: String) {
    importJob(id: $id) {
      id
      skippedItems(first: $first, after: $after) {
        totalCount
        nodes {
          where
          reason
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** What an import brought, what it left out and why. */
export function ImportResult({ job, onAgain, onClose }: { job: ImportedJob; onAgain: () => void; onClose: () => void }) {
  return (
    <Stack>
      <Alert variant="light" icon={<CircleCheck aria-hidden />} title={`${counted(job.imported, "annotation")} imported`}>
        <Text size="sm">
          {job.skipped > 0 ? `${counted(job.skipped, "object")} left out; below is why.` : "Nothing was left out."}
        </Text>
      </Alert>
      <Warnings warnings={job.warnings} />
      {job.skipped > 0 && <Skipped jobId={job.id} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onAgain}>
          Import another file
        </Button>
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}

function Skipped({ jobId }: { jobId: string }) {
  const [cursors, setCursors] = useState<(string | null)[]>([null]);
  const after = cursors.at(-1) ?? null;
  const [{ data, error }, execute] = useQuery({ query: SKIPPED, variables: { id: jobId, first: PAGE, after } });
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) return <Skeleton height={160} />;
  const { nodes, totalCount, pageInfo } = data.importJob.skippedItems;
  const before = (cursors.length - 1) * PAGE;
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={360} maxHeight={280} scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": "Left out" } }}>
        <Table stickyHeader>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Where</Table.Th>
              <Table.Th>Why it was left out</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {nodes.map(({ where, reason }, index) => (
              <Table.Tr key={before + index}>
                <Table.Td style={{ overflowWrap: "anywhere", minWidth: 150 }}>{where}</Table.Td>
                <Table.Td>{reason}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {totalCount > PAGE && (
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            {count(before + 1)}–{count(before + nodes.length)} of {count(totalCount)}
          </Text>
          <Group gap="xs">
            <Button size="xs" variant="default" disabled={before === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
              Before
            </Button>
            <Button
              size="xs"
              variant="default"
              disabled={!pageInfo.hasNextPage}
              onClick={() => setCursors([...cursors, pageInfo.endCursor ?? null])}
            >
              Next
            </Button>
          </Group>
        </Group>
      )}
    </Stack>
  );
}
