import { Anchor, Group, Progress as Bar, Text } from "@mantine/core";
import { Link } from "wouter";

import { count, duration } from "../../components/numbers";
import { fractionDone, type Progress } from "../training/progress";
import type { CardJob } from "./VersionCardFacts";

/** The training that runs, or waits, on a version; leads to its page. */
export function VersionCardTraining({ job, progress, waiting }: { job: CardJob; progress: Progress; waiting: number }) {
  const { epochs } = job.config;
  const queued = job.status === "QUEUED";
  const said = queued ? "Waiting to be trained" : `Training: epoch ${count(progress.done)} of ${count(epochs)}`;
  const left = progress.etaSeconds && job.status === "RUNNING" ? `${duration(progress.etaSeconds)} left` : null;
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4}>
        <Anchor component={Link} to={`/training/${job.id}`} size="sm">
          {said}
        </Anchor>
        <Text size="sm" c="dimmed">
          {[left, waiting > 0 && `${count(waiting)} more waiting`].filter(Boolean).join(" · ")}
        </Text>
      </Group>
      <Bar value={queued ? 0 : 100 * fractionDone(progress, epochs, job.status)} animated aria-label={said} />
    </div>
  );
}
