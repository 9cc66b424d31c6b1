import { LineChart } from "@mantine/charts";
import { Paper, Text, Title, useComputedColorScheme } from "@mantine/core";
import { useMemo } from "react";

import { counted } from "../../components/numbers";
import { epochChart } from "./chartParts";
import { CurveLegend, type Curve } from "./CurveLegend";
import type { Epoch } from "./progress";

const BOX = "blue.7";
const CLASS = "orange.8";
const DFL = "teal.8";
const VALIDATION = "5 4";

const SERIES: Curve[] = [
  { name: "boxLoss", label: "Box, train", color: BOX },
  { name: "valBoxLoss", label: "Box, val", color: BOX, strokeDasharray: VALIDATION },
  { name: "clsLoss", label: "Class, train", color: CLASS },
  { name: "valClsLoss", label: "Class, val", color: CLASS, strokeDasharray: VALIDATION },
  { name: "dflLoss", label: "DFL, train", color: DFL },
  { name: "valDflLoss", label: "DFL, val", color: DFL, strokeDasharray: VALIDATION },
];

/** The three losses on training and validation images, on shared axes. */
export function LossChart({ epochs, until, best }: { epochs: readonly Epoch[]; until: number; best: number | undefined }) {
  const dark = useComputedColorScheme() === "dark";
  const data = useMemo(() => [...epochs], [epochs]);
  const series = SERIES.filter(({ name }) => epochs.some((one) => one[name as keyof Epoch] != null));
  return (
    <Paper withBorder p="md">
      <Title order={3} size="h4">
        Losses
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        Less is better. Solid: training images, dashed: validation images.
      </Text>
      <div role="img" aria-label={`Losses over ${counted(epochs.length, "epoch")}: ${said(series, epochs.at(-1))}`}>
        <LineChart
          {...epochChart(epochs.length, until, best, dark)}
          dataKey="epoch"
          data={data}
          series={series}
          valueFormatter={(value) => value.toFixed(3)}
          yAxisProps={{ width: 48, tickFormatter: (value: number) => value.toFixed(1) }}
        />
      </div>
      <CurveLegend curves={series} />
    </Paper>
  );
}

function said(series: Curve[], last: Epoch | undefined): string {
  const values = series.map(({ name, label }) => `${label} ${last?.[name as keyof Epoch]?.toFixed(3) ?? "unknown"}`);
  return `${values.join("; ")} in the last.`;
}
