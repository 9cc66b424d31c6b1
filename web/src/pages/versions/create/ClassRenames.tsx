import { ActionIcon, Autocomplete, Button, Group, Input, Select, Stack, Text } from "@mantine/core";
import { Plus, X } from "lucide-react";

type Rename = { from: string; to: string };

/** Classes that count as others, as `minibus` as `bus`. */
export function ClassRenames({
  renames,
  classes,
  change,
  error,
}: {
  renames: readonly Rename[];
  classes: readonly string[];
  change: (renames: Rename[]) => void;
  error?: string;
}) {
  const free = classes.filter((name) => renames.every(({ from }) => from !== name));
  const set = (index: number, next: Partial<Rename>) =>
    change(renames.map((one, at) => (at === index ? { ...one, ...next } : one)));
  return (
    <Stack gap={6} role="group" aria-label="Rename classes">
      <Text size="sm" fw={500}>
        Rename classes
      </Text>
      {renames.map(({ from, to }, index) => (
        <Group key={index} gap={8} wrap="nowrap" maw={420}>
          <Select
            aria-label="Class"
            data={[...new Set([from, ...free])]}
            value={from}
            onChange={(picked) => picked && set(index, { from: picked })}
            allowDeselect={false}
            searchable
            style={{ flex: 1 }}
          />
          <Text span size="sm" c="dimmed">
            as
          </Text>
          <Autocomplete
            aria-label={`New name of ${from}`}
            data={classes.filter((name) => name !== from)}
            value={to}
            onChange={(typed) => set(index, { to: typed })}
            maxLength={191}
            style={{ flex: 1 }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={32}
            aria-label={`Keep the name of ${from}`}
            onClick={() => change(renames.filter((_, at) => at !== index))}
          >
            <X size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {error && <Input.Error>{error}</Input.Error>}
      {free[0] !== undefined && (
        <Group>
          <Button
            variant="default"
            size="xs"
            mih={32}
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => change([...renames, { from: free[0] ?? "", to: "" }])}
          >
            Rename a class
          </Button>
        </Group>
      )}
    </Stack>
  );
}
