import { Table } from "@mantine/core";

import { duration, percent } from "../../components/numbers";
import classes from "./EpochTable.module.css";
import type { Epoch } from "./progress";

const LOSSES: [key: keyof Epoch, name: string][] = [
  ["boxLoss", "Box, train"],
  ["valBoxLoss", "Box, val"],
  ["clsLoss", "Class, train"],
  ["valClsLoss", "Class, val"],
  ["dflLoss", "DFL, train"],
  ["valDflLoss", "DFL, val"],
];

const PARTS: [key: keyof Epoch, name: string][] = [
  ["precision", "Precision"],
  ["recall", "Recall"],
  ["mAP50", "mAP50"],
  ["mAP5095", "mAP50-95"],
];

/** The charts' numbers, the newest epoch first. */
export function EpochTable({ epochs, best }: { epochs: readonly Epoch[]; best: number | undefined }) {
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label="Figures of each epoch">
      <Table stickyHeader striped fz="xs" horizontalSpacing={6} className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">Epoch</Table.Th>
            <Table.Th scope="col">Time</Table.Th>
            {[...LOSSES, ...PARTS].map(([key, name]) => (
              <Table.Th key={key} scope="col">
                {name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {epochs.toReversed().map((one) => (
            <Table.Tr key={one.epoch} fw={one.epoch === best ? 600 : undefined}>
              <Table.Td>
                {one.epoch}
                {one.epoch === best && " (best)"}
              </Table.Td>
              <Table.Td>{duration(one.seconds)}</Table.Td>
              {LOSSES.map(([key]) => (
                <Table.Td key={key}>{one[key]?.toFixed(3) ?? "–"}</Table.Td>
              ))}
              {PARTS.map(([key]) => (
                <Table.Td key={key}>{percent(one[key])}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
