import { LineChart } from "@mantine/charts";
import { Paper, Text, Title, useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";

import { counted, percent } from "../../components/numbers";
import { epochChart } from "./chartParts";
import { CurveLegend, type Curve } from "./CurveLegend";
import type { Epoch } from "./progress";

/** What the checkpoint had reached, and on which images. */
export interface PastPrecision {
  name: string;
  metrics?: { mAP50: number } | null;
  version?: { version: number; splitCounts: { val: number } } | null;
}

const SERIES: Curve[] = [
  { name: "mAP50", label: "mAP50", color: "forest.6" },
  { name: "mAP5095", label: "mAP50-95", color: "grape.6" },
];

const CHECKPOINT_LINE = { color: "forest.6", strokeDasharray: "6 4", ifOverflow: "extendDomain" } as const;
const CHECKPOINT: Curve = { ...CHECKPOINT_LINE, name: "checkpoint", label: "mAP50 of the checkpoint" };

/** Mean average precision on the validation images; the checkpoint's last value is a dashed line. */
export function PrecisionChart({
  epochs,
  until,
  best,
  checkpoint,
}: {
  epochs: readonly Epoch[];
  until: number;
  best: number | undefined;
  checkpoint: PastPrecision | null | undefined;
}) {
  const dark = useComputedColorScheme() === "dark";
  const data = useMemo(() => [...epochs], [epochs]);
  const shared = epochChart(epochs.length, until, best, dark);
  const before = checkpoint?.metrics?.mAP50;
  const lines = shared.referenceLines ?? [];
  const curves = before === undefined ? SERIES : [...SERIES, CHECKPOINT];
  const last = epochs.at(-1);
  return (
    <Paper withBorder p="md">
      <Title order={3} size="h4">
        Precision
      </Title>
      <Text size="xs" c="dimmed" mb="xs" style={{ overflowWrap: "anywhere" }}>
        {before === undefined
          ? "More is better. On the validation images."
          : `Dashed: ${checkpoint?.name} had ${percent(before)} mAP50 ${measuredOn(checkpoint)}.`}
      </Text>
      <div
        role="img"
        aria-label={
          `Mean average precision over ${counted(epochs.length, "epoch")}: ` +
          `mAP50 ${percent(last?.mAP50)}, mAP50-95 ${percent(last?.mAP5095)} in the last.`
        }
      >
        <LineChart
          {...shared}
          dataKey="epoch"
          data={data}
          series={SERIES}
          valueFormatter={percent}
          yAxisProps={{ width: 60, domain: [0, "auto"] }}
          referenceLines={before === undefined ? lines : [...lines, { ...CHECKPOINT_LINE, y: before }]}
        />
      </div>
      <CurveLegend curves={curves} />
    </Paper>
  );
}

function measuredOn(checkpoint: PastPrecision | null | undefined): string {
  const version = checkpoint?.version;
  if (!version) return "where it was trained";
  return `on v${version.version} val, ${counted(version.splitCounts.val, "image")}`;
}
