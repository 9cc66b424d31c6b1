import { Group, Radio, Select, Stack, Text } from "@mantine/core";

import { percent } from "../../components/numbers";
import type { Checkpoint, Start, TrainingForm } from "./trainingForm";

/** What the weights are before the first epoch: a model of the project, COCO's, or none. */
export function StartFields({
  form,
  onChange,
  problems,
  checkpoints,
}: {
  form: TrainingForm;
  onChange: (part: Partial<TrainingForm>) => void;
  problems: Record<string, string>;
  checkpoints: readonly Checkpoint[];
}) {
  return (
    <Radio.Group
      label="Checkpoint (Recommended)"
      labelProps={{ fw: 600 }}
      value={form.start}
      onChange={(value) => onChange({ start: value as Start })}
    >
      <Stack gap="sm" mt="xs">
        <Group gap="xs" align="center">
          <Radio value="checkpoint" label="Train from:" disabled={checkpoints.length === 0} />
          {checkpoints.length > 0 ? (
            <Select
              aria-label="Checkpoint"
              data={checkpoints.map(({ id, name, mAP50 }) => ({
                value: id,
                label: mAP50 === null ? name : `${name} (${percent(mAP50)} mAP)`,
              }))}
              value={form.checkpointId}
              onChange={(value) => value && onChange({ checkpointId: value, start: "checkpoint" })}
              allowDeselect={false}
              searchable={checkpoints.length > 8}
              style={{ flex: 1, minWidth: 260 }}
              styles={{ input: { textOverflow: "ellipsis" } }}
            />
          ) : (
            <Text size="sm" c="dimmed">
              no model of this project yet
            </Text>
          )}
        </Group>
        <Wrong text={problems.checkpointModelId} />
        <Radio value="pretrained" label="Train from COCO pretrained" />
        <Radio value="scratch" label="Train from scratch (not recommended)" />
        <Wrong text={problems.fromScratch} />
      </Stack>
    </Radio.Group>
  );
}

function Wrong({ text }: { text: string | undefined }) {
  if (!text) return null;
  return (
    <Text size="sm" c="var(--mantine-color-error)" role="alert">
      {text}
    </Text>
  );
}
