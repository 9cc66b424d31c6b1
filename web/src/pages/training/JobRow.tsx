import { Anchor, Paper, Progress as Bar, Text } from "@mantine/core";
import { Link } from "wouter";

import { MeanPrecision } from "../../components/MeanPrecision";
import { duration, percent } from "../../components/numbers";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { baseModelName } from "./baseModels";
import type { ListedJob } from "./JobList";
import classes from "./JobRow.module.css";
import { fractionDone, isFinal, secondsTaken, type Progress } from "./progress";
import { startWords, statusOf } from "./statusWords";
import { useNow } from "./useNow";
import { useTrainingProgress } from "./useTrainingProgress";

/** The list reads itself again at each change of status; what lies between comes by the job's own stream. */
const nothing = () => {};

/** One training in the list, live while it runs. */
export function JobRow({ job }: { job: ListedJob }) {
  const { progress } = useTrainingProgress(job, nothing);
  const { version } = job;
  return (
    <Paper component="li" withBorder p="sm" className={classes.row}>
      <div className={classes.what}>
        <Anchor component={Link} to={`/training/${job.id}`} fw={600}>
          {baseModelName(job.config.baseModel)}
          {version ? ` on v${version.version}` : ""}
        </Anchor>
        <Text size="sm" c="dimmed" lineClamp={2}>
          {version?.displayName ? `${version.displayName} · ` : ""}
          from {startWords(job.startingWeights, job.checkpointModel)}
        </Text>
      </div>
      <State job={job} progress={progress} />
      <div className={classes.when}>
        <Text size="sm">
          <When at={job.startedAt ?? job.createdAt} />
          {job.createdBy ? ` by ${job.createdBy.name}` : ""}
        </Text>
        <Taken job={job} />
      </div>
      <div className={classes.result}>
        {job.model && (
          <MeanPrecision
            value={job.model.metrics?.mAP50}
            on={version ? `v${version.version} val` : "its validation images"}
            images={version?.splitCounts.val}
          />
        )}
      </div>
    </Paper>
  );
}

function State({ job, progress }: { job: ListedJob; progress: Progress }) {
  const fraction = fractionDone(progress, job.config.epochs, job.status);
  const { etaSeconds } = progress;
  return (
    <div className={classes.state}>
      <StatusChip {...statusOf(job, progress.done)} />
      {(job.status === "RUNNING" || job.status === "PREPARING") && (
        <>
          <Bar.Root size="sm" mt={6}>
            <Bar.Section value={Math.max(100 * fraction, 1)} aria-label={`Training: ${percent(fraction)} done`} />
          </Bar.Root>
          {etaSeconds ? (
            <Text size="xs" c="dimmed">
              about {duration(etaSeconds)} left
            </Text>
          ) : null}
        </>
      )}
      {job.status === "FAILED" && (
        <Text size="xs" c="dimmed" lineClamp={2} title={job.failureReason ?? undefined} style={{ overflowWrap: "anywhere" }}>
          {job.failureReason}
        </Text>
      )}
    </div>
  );
}

function Taken({ job }: { job: ListedJob }) {
  const now = useNow(!isFinal(job.status) && job.startedAt != null);
  const seconds = secondsTaken(job, now);
  if (seconds === null) return null;
  return (
    <Text size="sm" c="dimmed">
      {isFinal(job.status) ? "took" : "running for"} {duration(seconds)}
    </Text>
  );
}
