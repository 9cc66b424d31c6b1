import { Box, Table, Title } from "@mantine/core";

import { ClassName } from "../../components/ClassName";
import { StackedTable } from "../../components/StackedTable";
import { count, percent } from "../../components/numbers";
import type { OneModel } from "./ModelPage";

type Row = NonNullable<OneModel["metrics"]>["perClass"][number];

/** The figures of each class, the weakest first: that is where the next images should come from. */
export function PerClass({ rows }: { rows: readonly Row[] }) {
  return (
    <Box>
      <Title order={3} size="h4" mb={6}>
        By class
      </Title>
      <StackedTable>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Class</Table.Th>
              <Table.Th ta="right">AP50</Table.Th>
              <Table.Th ta="right">AP50-95</Table.Th>
              <Table.Th ta="right">Precision</Table.Th>
              <Table.Th ta="right">Recall</Table.Th>
              <Table.Th ta="right">Objects</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows
              .toSorted((a, b) => a.ap50 - b.ap50)
              .map((row) => (
                <Table.Tr key={row.name}>
                  <Table.Td>
                    <ClassName name={row.name} />
                  </Table.Td>
                  <Table.Td ta="right" data-label="AP50">{percent(row.ap50)}</Table.Td>
                  <Table.Td ta="right" data-label="AP50-95">{percent(row.ap5095)}</Table.Td>
                  <Table.Td ta="right" data-label="Precision">{percent(row.precision)}</Table.Td>
                  <Table.Td ta="right" data-label="Recall">{percent(row.recall)}</Table.Td>
                  <Table.Td ta="right" data-label="Objects">{count(row.instances)}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
      </StackedTable>
    </Box>
  );
}
