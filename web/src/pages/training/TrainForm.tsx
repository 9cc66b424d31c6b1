import { Button, Group, Stack, Text } from "@mantine/core";
import { useMemo, useState, type FormEvent } from "react";
import { useLocation } from "wouter";

import { useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { graphql } from "../../api/generated";
import type { StartTrainingInput } from "../../api/generated/graphql";
import { useIdempotencyKey } from "../../api/idempotencyKey";
import { counted } from "../../components/numbers";
import { Problem } from "../../components/Problem";
import { ConfigFields } from "./ConfigFields";
import { Estimate } from "./Estimate";
import { StartFields } from "./StartFields";
import {
  chosenCheckpoint,
  configOf,
  imageSizeFor,
  missing,
  recommended,
  startOf,
  type Checkpoint,
  type TrainingForm,
} from "./trainingForm";

const START_TRAINING = graphql(`
  mutation TrainDialogStart($input: StartTrainingInput!) {
    startTraining(input: $input) {
      userErrors {
        code
        message
        field
      }
      job {
        id
      }
    }
  }
`);

const FIELDS = [
  "config.baseModel",
  "config.epochs",
  "config.batchSize",
  "config.imageSize",
  "config.learningRate",
  "config.patience",
  "config.seed",
  "checkpointModelId",
  "fromScratch",
] as const;

interface TrainedFrom {
  id: string;
  number: number;
  displayName?: string | null;
  imageCount: number;
  preprocessing: { resize?: { width: number; height: number } | null };
}

/** The form of the train dialog: what is trained from, how, and what that will take. */
export function TrainForm({
  version,
  checkpoints,
  onClose,
}: {
  version: TrainedFrom;
  checkpoints: readonly Checkpoint[];
  onClose: () => void;
}) {
  const [form, setForm] = useState(() => recommended(checkpoints, imageSizeFor(version.preprocessing.resize)));
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [start, busy] = useAction(START_TRAINING, (data) => data.startTraining, { say: false });
  const keyOf = useIdempotencyKey();
  const [, go] = useLocation();
  const checkpoint = chosenCheckpoint(form, checkpoints);
  const config = useMemo(() => configOf(form, checkpoint), [form, checkpoint]);
  const change = (part: Partial<TrainingForm>) => setForm((now) => ({ ...now, ...part }));
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setProblems(missing(form));
    if (!config) return;
    const input: StartTrainingInput = { datasetVersionId: version.id, config, ...startOf(form, checkpoint) };
    const answer = await start({ input: { ...input, idempotencyKey: keyOf(input) } });
    setProblems(byField(answer.problems, FIELDS));
    if (answer.payload?.job) go(`/training/${answer.payload.job.id}`);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="md">
        <Text>
          <Text span c="dimmed">
            Dataset:
          </Text>{" "}
          <Text span fw={600} style={{ overflowWrap: "anywhere" }}>
            v{version.number}
            {version.displayName ? ` - ${version.displayName}` : ""}
          </Text>{" "}
          ({counted(version.imageCount, "image")})
        </Text>
        <ConfigFields form={form} onChange={change} problems={problems} checkpoint={checkpoint} />
        <StartFields form={form} onChange={change} problems={problems} checkpoints={checkpoints} />
        {problems[""] && <Problem title="The training was not started">{problems[""]}</Problem>}
        <Group justify="space-between" gap="sm">
          <Estimate versionId={version.id} config={config} />
          <Group gap="xs" ml="auto">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              Start Training
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
