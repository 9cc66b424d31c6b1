import { Button, Skeleton, Table, Text } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { useState } from "react";
import { useQuery } from "urql";

import { useKeptData } from "../../api/keptData";
import { QueryProblem } from "../../components/Problem";
import { StackedTable } from "../../components/StackedTable";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { answerOf, DELIVERIES, EVENT_WORDS, stateOf, type Delivery } from "./webhooks";

const EVERY_MS = 5_000;
const AT_ONCE = 10;
/** The longest page that the server gives. */
const MOST = 200;
/** What somebody else deleted meanwhile has none. */
const NONE = { nodes: [], totalCount: 0 };

/** What a webhook was lately sent, and whether it came through. */
export function Deliveries({ webhookId }: { webhookId: string }) {
  const [first, setFirst] = useState(AT_ONCE);
  const [result, execute] = useQuery({ query: DELIVERIES, variables: { id: webhookId, first } });
  const refresh = () => execute({ requestPolicy: "network-only" });
  useInterval(refresh, EVERY_MS, { autoInvoke: true });
  const data = useKeptData(result, webhookId);
  if (!data) return result.error ? <QueryProblem error={result.error} retry={refresh} /> : <Skeleton height={80} />;
  const { nodes, totalCount } = data.node && "deliveries" in data.node ? data.node.deliveries : NONE;
  if (nodes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        Nothing was sent yet.
      </Text>
    );
  }
  return (
    <>
      <StackedTable>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>News</Table.Th>
            <Table.Th>When</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th>Answer</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {nodes.map((delivery) => (
            <Row key={delivery.id} delivery={delivery} />
          ))}
        </Table.Tbody>
      </StackedTable>
      {totalCount > nodes.length && first < MOST && (
        <Button variant="subtle" size="compact-sm" onClick={() => setFirst(first + AT_ONCE)}>
          Show earlier ones
        </Button>
      )}
    </>
  );
}

function Row({ delivery }: { delivery: Delivery }) {
  const [status, word] = stateOf(delivery);
  const { event, createdAt, error } = delivery;
  return (
    <Table.Tr>
      <Table.Td>{EVENT_WORDS[event]}</Table.Td>
      <Table.Td data-label="When">
        <When at={createdAt} />
      </Table.Td>
      <Table.Td data-label="State">
        <StatusChip status={status} word={word} />
      </Table.Td>
      <Table.Td data-label="Answer">
        {answerOf(delivery)}
        {error && (
          <Text size="xs" c="dimmed">
            {error}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
