import { Anchor, Box, Button, Center, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";

import { graphql } from "../../../api/generated";
import type { VersionDetailTrainingsQuery } from "../../../api/generated/graphql";
import { useLiveQuery } from "../../../api/live";
import { MeanPrecision } from "../../../components/MeanPrecision";
import { count } from "../../../components/numbers";
import { QueryProblem } from "../../../components/Problem";
import { StatusChip } from "../../../components/StatusChip";
import { When } from "../../../components/When";
import { baseModelName } from "../../training/baseModels";
import type { Version } from "./documents";
import { measured } from "./measured";
import { Section } from "./Section";

const TRAININGS = graphql(`
  query VersionDetailTrainings($versionId: ID!, $first: Int!) {
    version(id: $versionId) {
      id
      trainingJobs(first: $first) {
        nodes {
          id
          status
          epoch
          createdAt
          startedAt
          config {
            baseModel
            epochs
          }
          createdBy {
            id
            name
          }
          model {
            id
            name
            deployed
            metrics {
              mAP50
            }
            evaluations {
              id
              split
              status
              metrics {
                mAP50
              }
              version {
                id
              }
            }
          }
        }
        pageInfo {
          hasNextPage
        }
      }
    }
  }
`);

type Job = VersionDetailTrainingsQuery["version"]["trainingJobs"]["nodes"][number];

const NEWS = ["TRAINING_CHANGED", "MODEL_CREATED", "DEPLOYMENT_CHANGED", "EVALUATION_CHANGED"] as const;
const STEP = 20;
/** The contract's longest page. */
const MOST = 200;

/** What was trained from the version, newest first, and how good it is. */
export function VersionTrainings({ version }: { version: Version }) {
  const [first, setFirst] = useState(STEP);
  const [{ data, error, fetching }, execute] = useLiveQuery(TRAININGS, { versionId: version.id, first }, NEWS);
  const jobs = data?.version.trainingJobs;
  return (
    <Section title="Trainings and models">
      {error && !data && <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />}
      {jobs?.nodes.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing was trained from this version yet.
        </Text>
      )}
      {jobs && jobs.nodes.length > 0 && (
        <Stack>
          <Jobs jobs={jobs.nodes} version={version} />
          {jobs.pageInfo.hasNextPage && first < MOST && (
            <Center>
              <Button variant="default" loading={fetching} onClick={() => setFirst(Math.min(first + STEP, MOST))}>
                Show earlier trainings
              </Button>
            </Center>
          )}
        </Stack>
      )}
    </Section>
  );
}

function Jobs({ jobs, version }: { jobs: readonly Job[]; version: Version }) {
  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Training</Table.Th>
          <Table.Th visibleFrom="sm">Status</Table.Th>
          <Table.Th>Model</Table.Th>
          <Table.Th visibleFrom="sm">Started</Table.Th>
          <Table.Th visibleFrom="sm">By</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {jobs.map((job) => (
          <Table.Tr key={job.id}>
            <Table.Td>
              <Anchor component={Link} to={`/training/${job.id}`} size="sm">
                {baseModelName(job.config.baseModel)}, {count(job.config.epochs)} epochs
              </Anchor>
              <Box hiddenFrom="sm" mt={4}>
                <JobChip job={job} />
              </Box>
            </Table.Td>
            <Table.Td visibleFrom="sm">
              <JobChip job={job} />
            </Table.Td>
            <Table.Td>{job.model ? <Model model={job.model} version={version} /> : "–"}</Table.Td>
            <Table.Td visibleFrom="sm">
              <When at={job.startedAt ?? job.createdAt} />
            </Table.Td>
            <Table.Td visibleFrom="sm">{job.createdBy?.name ?? "–"}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function JobChip({ job }: { job: Job }) {
  return <StatusChip status={job.status} detail={job.status === "RUNNING" ? `${job.epoch}/${job.config.epochs}` : undefined} />;
}

function Model({ model, version }: { model: NonNullable<Job["model"]>; version: Version }) {
  const { value, split, images } = measured(model, version);
  return (
    <Stack gap={4} align="flex-start">
      <Anchor component={Link} to={`/models/${model.id}`} size="sm" style={{ overflowWrap: "anywhere" }}>
        {model.name}
      </Anchor>
      <MeanPrecision value={value} on={`v${version.version} ${split}`} images={images} />
      {model.deployed && <StatusChip status="ACTIVE" />}
    </Stack>
  );
}
