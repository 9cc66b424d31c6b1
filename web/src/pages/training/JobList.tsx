import { Button, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useState, type ReactNode } from "react";

import { graphql } from "../../api/generated";
import type { TrainingJobStatus, TrainingJobsQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { useProject } from "../../api/projectContext";
import { QueryProblem } from "../../components/Problem";
import { count } from "../../components/numbers";
import { JobRow } from "./JobRow";
import classes from "./JobList.module.css";

const JOBS = graphql(`
  query TrainingJobs($projectId: ID!, $status: [TrainingJobStatus!], $after: String) {
    project(id: $projectId) {
      id
      trainingJobs(first: 20, after: $after, status: $status) {
        totalCount
        nodes {
          id
          status
          startingWeights
          createdAt
          startedAt
          finishedAt
          cancelRequestedAt
          epoch
          etaSeconds
          failureReason
          attempts
          queuePosition
          eventCursor
          config {
            baseModel
            epochs
          }
          version {
            id
            version
            displayName
            splitCounts {
              val
            }
          }
          checkpointModel {
            id
            name
          }
          createdBy {
            id
            name
          }
          model {
            id
            name
            metrics {
              mAP50
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export type ListedJob = TrainingJobsQuery["project"]["trainingJobs"]["nodes"][number];

/** The trainings in some states, newest first, under a heading with their number. */
export function JobList({
  title,
  statuses,
  hideEmpty = false,
}: {
  title: string;
  statuses: TrainingJobStatus[];
  hideEmpty?: boolean;
}) {
  return (
    <JobRows statuses={statuses} after={null}>
      {(total, rows) => {
        if (total === 0 && hideEmpty) return null;
        return (
          <section aria-label={title}>
            <Title order={3} size="h4" mb="xs">
              {title}{" "}
              <Text span c="dimmed" size="sm" fw={400}>
                {total === null ? "" : count(total)}
              </Text>
            </Title>
            {total === 0 ? <Text c="dimmed">None.</Text> : rows}
          </section>
        );
      }}
    </JobRows>
  );
}

/**
 * One page and, when asked, those behind it. Each begins where the one before ends now, so that what is new at the top
 * pushes nothing out between two pages.
 */
function JobRows({
  statuses,
  after,
  children,
}: {
  statuses: TrainingJobStatus[];
  after: string | null;
  children: (total: number | null, rows: ReactNode) => ReactNode;
}) {
  const project = useProject();
  const [more, setMore] = useState(false);
  const [{ data, error }, execute] = useLiveQuery(
    JOBS,
    { projectId: project.id, status: statuses, after },
    ["TRAINING_CHANGED", "MODEL_CREATED"],
  );
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) return children(null, <RowSkeletons />);
  const { nodes, pageInfo, totalCount } = data.project.trainingJobs;
  return children(
    totalCount,
    <Stack gap="xs">
      <ul className={classes.list}>
        {nodes.map((job) => (
          <JobRow key={job.id} job={job} />
        ))}
      </ul>
      {pageInfo.hasNextPage && !more && (
        <Button variant="default" onClick={() => setMore(true)} className={classes.more}>
          Show more
        </Button>
      )}
      {pageInfo.hasNextPage && more && pageInfo.endCursor && (
        <JobRows statuses={statuses} after={pageInfo.endCursor}>
          {(_total, rows) => rows}
        </JobRows>
      )}
    </Stack>,
  );
}

function RowSkeletons() {
  return (
    <Stack gap="xs" role="status" aria-label="Loading">
      {[0, 1, 2].map((index) => (
        <Skeleton key={index} height={78} />
      ))}
    </Stack>
  );
}
