import { Grid, Skeleton, Stack } from "@mantine/core";
import { lazy, Suspense, useCallback } from "react";
import { useQuery } from "urql";

import { NotFound } from "../../app/NotFound";
import { isNotFound } from "../../api/errors";
import { useNews } from "../../api/live";
import { useMay, useProject } from "../../api/projectContext";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { StatusChip } from "../../components/StatusChip";
import { Warnings } from "../../components/Warnings";
import { baseModelName } from "./baseModels";
import { CancelButton } from "./CancelButton";
import { JOB, type Job } from "./documents";
import { JobFacts } from "./JobFacts";
import { JobState } from "./JobState";
import { isFinal, type Progress } from "./progress";
import { statusOf } from "./statusWords";
import { TrainingLog } from "./TrainingLog";
import { useTrainingProgress } from "./useTrainingProgress";

const Curves = lazy(() => import("./Curves"));

/** One training: how far it is, its curves as they grow, and what it prints. */
export default function JobPage({ jobId }: { jobId: string }) {
  const project = useProject();
  const [{ data, error }, execute] = useQuery({ query: JOB, variables: { id: jobId } });
  const readAgain = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const job = data?.trainingJob;
  useNews(["TRAINING_CHANGED", "MODEL_CREATED", "DEPLOYMENT_CHANGED"], (news) => {
    if (news?.kind !== "TRAINING_CHANGED" || news.subject.id === jobId) readAgain();
  });
  const { progress, refused } = useTrainingProgress(job, readAgain);
  if (error && !job) {
    return isNotFound(error) ? <NotFound what="training" /> : <QueryProblem error={error} retry={readAgain} />;
  }
  if (!job) return <JobSkeleton />;
  if (job.project.id !== project.id) return <NotFound what="training" />;
  return <JobView job={job} progress={progress} refused={refused} />;
}

function JobView({ job, progress, refused }: { job: Job; progress: Progress; refused: string | null }) {
  const mayTrain = useMay("train");
  const title = `${baseModelName(job.config.baseModel)}${job.version ? ` on v${job.version.version}` : ""}`;
  return (
    <>
      <PageHead title={title} aside={<StatusChip {...statusOf(job, progress.done)} />}>
        {mayTrain && !isFinal(job.status) && <CancelButton job={job} />}
      </PageHead>
      <Stack gap="md">
        <JobState job={job} progress={progress} refused={refused} />
        <Warnings warnings={job.warnings} />
        <Suspense fallback={<Skeleton height={320} />}>
          <Curves epochs={progress.epochs} planned={job.config.epochs} checkpoint={job.checkpointModel} over={isFinal(job.status)} />
        </Suspense>
        <Grid gap="md">
          <Grid.Col span={{ base: 12, md: 5 }}>
            <JobFacts job={job} />
          </Grid.Col>
          <Grid.Col span={{ base: 12, md: 7 }}>
            <TrainingLog jobId={job.id} running={!isFinal(job.status)} changes={progress.readings} />
          </Grid.Col>
        </Grid>
      </Stack>
    </>
  );
}

function JobSkeleton() {
  return (
    <Stack gap="md" role="status" aria-label="Loading">
      <Skeleton height={34} width={280} />
      <Skeleton height={92} />
      <Skeleton height={320} />
      <Skeleton height={240} />
    </Stack>
  );
}
