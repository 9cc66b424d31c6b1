import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "urql";

import { graphql } from "../../api/generated";
import type { TrainingConfigInput } from "../../api/generated/graphql";
import { counted } from "../../components/numbers";
import { deviceName, roughly } from "./trainingForm";

const ESTIMATE = graphql(`
  query TrainDialogEstimate($versionId: ID!, $config: TrainingConfigInput!) {
    trainingEstimate(versionId: $versionId, config: $config) {
      seconds
      basedOnJobs
      device
    }
  }
`);

const SETTLE_MS = 300;
const ANY: TrainingConfigInput = {};

/** How long the training would take, a moment after the form was changed. */
export function Estimate({ versionId, config }: { versionId: string; config: TrainingConfigInput | null }) {
  const [settled] = useDebouncedValue(config, SETTLE_MS);
  const [{ data, error, fetching }] = useQuery({
    query: ESTIMATE,
    variables: { versionId, config: settled ?? ANY },
    pause: settled === null,
  });
  return (
    <Text size="sm" c="dimmed" aria-live="polite" aria-busy={fetching}>
      {settled === null || error ? "No estimate for these settings" : said(data?.trainingEstimate)}
    </Text>
  );
}

function said(estimate: { seconds?: number | null; basedOnJobs: number; device?: string | null } | undefined): string {
  if (!estimate) return "Estimating…";
  const { seconds, basedOnJobs, device } = estimate;
  if (seconds === null || seconds === undefined) return "No finished training to estimate from yet";
  const where = device ? ` on ${deviceName(device)}` : "";
  return `Estimated: ${roughly(seconds)}${where}, by ${counted(basedOnJobs, "finished training")}`;
}
