import { Alert, Anchor, Button, Group, Paper, Progress as Bar, Stack, Text } from "@mantine/core";
import { Ban, BrainCircuit } from "lucide-react";
import { Link } from "wouter";

import { MeanPrecision } from "../../components/MeanPrecision";
import { count, counted, duration, percent } from "../../components/numbers";
import { Problem } from "../../components/Problem";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import type { Job } from "./documents";
import { fractionDone, isFinal, type Progress } from "./progress";
import { ResumeButton } from "./ResumeButton";

/** Where the training stands, and the one thing that one can do about it. */
export function JobState({ job, progress, refused }: { job: Job; progress: Progress; refused: string | null }) {
  if (job.status === "COMPLETED") return <Result job={job} />;
  if (job.status === "FAILED") {
    return (
      <Problem title="The training failed" action={<ResumeButton jobId={job.id} />}>
        {job.failureReason ?? "The server gave no reason; the log below may."}
      </Problem>
    );
  }
  if (job.status === "CANCELLED") return <Cancelled job={job} />;
  return <Underway job={job} progress={progress} refused={refused} />;
}

function Underway({ job, progress, refused }: { job: Job; progress: Progress; refused: string | null }) {
  const fraction = fractionDone(progress, job.config.epochs, job.status);
  const { notice, etaSeconds } = progress;
  return (
    <Paper withBorder p="md">
      <Stack gap="xs">
        <Group justify="space-between" gap="xs">
          <Text fw={600}>{deed(job, progress)}</Text>
          <Text size="sm" c="dimmed">
            {etaSeconds && !isFinal(job.status) ? `about ${duration(etaSeconds)} left` : ""}
          </Text>
        </Group>
        <Bar.Root size="lg">
          <Bar.Section
            value={job.status === "QUEUED" ? 100 * fraction : Math.max(100 * fraction, 1)}
            striped
            animated
            aria-label={`Training: ${percent(fraction)} done`}
          />
        </Bar.Root>
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed">
            {count(progress.done)} of {counted(job.config.epochs, "epoch")} completed
            {job.attempts > 1 && ` · attempt ${job.attempts}: taken up again after a crash or a stop`}
          </Text>
          <Text size="sm" c="dimmed">
            {percent(fraction)}
          </Text>
        </Group>
        {notice && (
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {notice.message}{" "}
            <Text span size="sm" c="dimmed">
              <When at={notice.at} />
            </Text>
          </Text>
        )}
        {refused && (
          <Problem title="Live progress has stopped">{refused} Reload the page to see how far the training is.</Problem>
        )}
      </Stack>
    </Paper>
  );
}

/** What it does right now. */
function deed(job: Job, { running, preparing, done }: Progress): string {
  if (job.cancelRequestedAt) return "Stopping…";
  if (job.status === "QUEUED") {
    return job.queuePosition && job.queuePosition > 1
      ? `Waiting: ${counted(job.queuePosition - 1, "training")} before this one`
      : "Next in line, waiting for a free worker";
  }
  if (job.status === "PREPARING") return preparing ?? "Checking the version and preparing its images";
  if (running) return `Epoch ${count(running.epoch)}, batch ${count(running.batch)} of ${count(running.batches)}`;
  return done >= job.config.epochs ? "Measuring and storing the model" : `Epoch ${count(done + 1)}`;
}

function Result({ job }: { job: Job }) {
  const { model, version } = job;
  if (!model) return <Alert variant="light">The training completed; its model has been deleted since.</Alert>;
  return (
    <Paper withBorder p="md">
      <Group justify="space-between" gap="sm">
        <Group gap="sm" wrap="nowrap" style={{ minWidth: 0 }}>
          <BrainCircuit size={28} aria-hidden style={{ flex: "none" }} />
          <div style={{ minWidth: 0 }}>
            <Text size="sm" c="dimmed">
              Model
            </Text>
            <Anchor component={Link} to={`/models/${model.id}`} fw={600} style={{ overflowWrap: "anywhere" }}>
              {model.name}
            </Anchor>
          </div>
          {model.deployed && <StatusChip status="ACTIVE" />}
        </Group>
        <MeanPrecision
          value={model.metrics?.mAP50}
          on={version ? `v${version.version} val` : "its validation images"}
          images={version?.splitCounts.val}
        />
        <Button component={Link} to={`/models/${model.id}`} variant="light">
          Open the model
        </Button>
      </Group>
    </Paper>
  );
}

function Cancelled({ job }: { job: Job }) {
  return (
    <Alert color="gray" variant="light" icon={<Ban aria-hidden />} title="The training was cancelled">
      <Group justify="space-between" gap="sm">
        <Text size="sm">
          {job.epoch > 0
            ? `After ${counted(job.epoch, "epoch")} of ${count(job.config.epochs)}. Resuming goes on from the last state that was kept.`
            : "Before its first epoch was complete. Resuming starts it again."}
        </Text>
        <ResumeButton jobId={job.id} />
      </Group>
    </Alert>
  );
}
