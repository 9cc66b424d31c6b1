import { Group, Progress, Stack, Text } from "@mantine/core";

import { count, counted } from "./numbers";

const SHADES = { train: "forest.8", val: "blue.7", test: "orange.8" } as const;
const WORDS = { train: "Train", val: "Val", test: "Test" } as const;

/** The three splits as one bar, with their counts under it. */
export function SplitBar({ train, val, test }: { train: number; val: number; test: number }) {
  const counts = { train, val, test };
  const total = Math.max(train + val + test, 1);
  const splits = Object.keys(WORDS) as (keyof typeof WORDS)[];
  return (
    <Stack gap={6}>
      <Progress.Root size={16} radius="sm">
        {splits.map((split) => (
          <Progress.Section
            key={split}
            value={(100 * counts[split]) / total}
            color={SHADES[split]}
            aria-label={`${WORDS[split]}: ${counted(counts[split], "image")}`}
          />
        ))}
      </Progress.Root>
      <Group gap="md">
        {splits.map((split) => (
          <Text key={split} size="sm">
            <Text span c="dimmed" size="sm">
              {WORDS[split]}{" "}
            </Text>
            {count(counts[split])}
          </Text>
        ))}
      </Group>
    </Stack>
  );
}
