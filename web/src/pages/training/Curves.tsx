import "@mantine/charts/styles.css";

import { Group, Paper, SimpleGrid, Switch, Text, Title } from "@mantine/core";
import { memo, useState } from "react";

import { counted, percent } from "../../components/numbers";
import { EpochTable } from "./EpochTable";
import { LossChart } from "./LossChart";
import { PrecisionChart, type PastPrecision } from "./PrecisionChart";
import { bestEpoch, type Epoch } from "./progress";

/** The losses and the precision over the epochs; drawn again only when there is another epoch. */
export default memo(function Curves({
  epochs,
  planned,
  checkpoint,
  over,
}: {
  epochs: readonly Epoch[];
  planned: number;
  checkpoint: PastPrecision | null | undefined;
  over: boolean;
}) {
  const [table, setTable] = useState(false);
  if (epochs.length === 0) return <NoEpochs over={over} />;
  const best = bestEpoch(epochs);
  // While it runs, the axis has room for all epochs, so that points come without moving those that are there.
  const until = over ? (epochs.at(-1)?.epoch ?? planned) : planned;
  return (
    <section aria-label="Curves">
      <Group justify="space-between" mb="xs" gap="xs">
        <Text size="sm" c="dimmed">
          {best
            ? `Best epoch${over ? "" : " so far"}: ${best.epoch}, with ${percent(best.mAP5095)} mAP50-95 on the validation images.`
            : `${counted(epochs.length, "epoch")} so far; none has found anything on the validation images yet.`}
        </Text>
        <Switch label="Show as table" checked={table} onChange={(event) => setTable(event.currentTarget.checked)} />
      </Group>
      {table ? (
        <Paper withBorder p="md">
          <Title order={3} size="h4" mb="xs">
            Epochs
          </Title>
          <EpochTable epochs={epochs} best={best?.epoch} />
        </Paper>
      ) : (
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
          <LossChart epochs={epochs} until={until} best={best?.epoch} />
          <PrecisionChart epochs={epochs} until={until} best={best?.epoch} checkpoint={checkpoint} />
        </SimpleGrid>
      )}
    </section>
  );
});

function NoEpochs({ over }: { over: boolean }) {
  return (
    <Paper withBorder p="lg">
      <Text c="dimmed" ta="center">
        {over ? "No epoch was completed, so there is nothing to draw." : "The curves begin when the first epoch is complete."}
      </Text>
    </Paper>
  );
}
