import type { LineChartProps } from "@mantine/charts";

/** With more epochs than these, points are a line's own noise. */
const DOTS_UP_TO = 40;

/** What both charts have in common: the epochs below, nothing that moves, and a name instead of a keyboard layer. */
export function epochChart(points: number, until: number, best: number | undefined, dark: boolean): Partial<LineChartProps> {
  const text = dark ? "gray.4" : "gray.7";
  return {
    h: 280,
    dataKey: "epoch",
    curveType: "linear",
    strokeWidth: 2,
    withDots: points <= DOTS_UP_TO,
    dotProps: { r: 2.5, strokeWidth: 1 },
    tooltipAnimationDuration: 0,
    lineChartProps: { margin: { top: 20, right: 12 } },
    accessibilityLayer: false,
    lineProps: { isAnimationActive: false },
    textColor: text,
    xAxisProps: {
      type: "number",
      domain: [1, Math.max(until, 2)],
      allowDecimals: false,
      tickCount: 6,
      interval: "preserveStartEnd",
    },
    referenceLines:
      best === undefined
        ? []
        : [{ x: best, color: text, strokeDasharray: "2 3", label: { value: `Best: ${best}`, position: "top" } }],
  };
}
