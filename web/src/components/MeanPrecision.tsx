import { Text } from "@mantine/core";

import { counted, percent } from "./numbers";

/** `84.1 % mAP` and on what it was measured: a figure without that says nothing. */
export function MeanPrecision({ value, on, images }: { value: number | null | undefined; on: string; images?: number }) {
  return (
    <span style={{ display: "inline-flex", flexDirection: "column" }}>
      <Text span fw={600} style={{ whiteSpace: "nowrap" }}>
        {percent(value)} <Text span size="sm" fw={400}>mAP</Text>
      </Text>
      <Text span size="xs" c="dimmed">
        on {on}
        {images === undefined ? "" : `, ${counted(images, "image")}`}
      </Text>
    </span>
  );
}
