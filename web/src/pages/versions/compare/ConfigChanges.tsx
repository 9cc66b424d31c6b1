import { Table, Text } from "@mantine/core";
import { Fragment } from "react";

import { Section } from "../detail/Section";
import type { Diff } from "./documents";
import { settingName, settingValue } from "./settingWords";

/** The settings that differ, group by group. */
export function ConfigChanges({ changes, before, after }: { changes: Diff["configChanges"]; before: number; after: number }) {
  const groups = Map.groupBy(changes, (one) => settingName(one.path).group);
  return (
    <Section title="Settings">
      {changes.length === 0 ? (
        <Text size="sm" c="dimmed">
          Both versions have the same settings.
        </Text>
      ) : (
        <Table verticalSpacing={5} layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w="46%">Setting</Table.Th>
              <Table.Th>v{before}</Table.Th>
              <Table.Th>v{after}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {[...groups].map(([group, inGroup]) => (
              <Fragment key={group}>
                <Table.Tr>
                  <Table.Th colSpan={3} scope="rowgroup" pt={12}>
                    {group}
                  </Table.Th>
                </Table.Tr>
                {inGroup.map((change) => (
                  <Change key={change.path} change={change} />
                ))}
              </Fragment>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function Change({ change: { path, before, after } }: { change: Diff["configChanges"][number] }) {
  return (
    <Table.Tr>
      <Table.Td>{settingName(path).name}</Table.Td>
      <Table.Td c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {settingValue(path, before)}
      </Table.Td>
      <Table.Td style={{ overflowWrap: "anywhere" }}>{settingValue(path, after)}</Table.Td>
    </Table.Tr>
  );
}
