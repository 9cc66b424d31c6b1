import { Accordion, Anchor, Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { count, counted, duration, percent } from "../../components/numbers";
import { When } from "../../components/When";
import { baseModelName } from "./baseModels";
import type { Job } from "./documents";
import { FOLD } from "./fold";
import classes from "./JobFacts.module.css";
import { secondsTaken } from "./progress";
import { startWords } from "./statusWords";
import { deviceName } from "./trainingForm";
import { useNow } from "./useNow";

/** What is trained from what, with which settings, by whom and where. */
export function JobFacts({ job }: { job: Job }) {
  const { config, version, device, worker } = job;
  const now = useNow(job.startedAt != null && job.finishedAt == null);
  const taken = secondsTaken(job, now);
  return (
    <Paper withBorder p="md" h="100%">
      <Title order={3} size="h4" mb="xs">
        About this training
      </Title>
      <dl className={classes.facts}>
        <Fact name="Dataset">
          {version ? (
            <>
              <Anchor component={Link} to={`/versions/${version.version}`} inherit underline="always">
                v{version.version}
                {version.displayName ? ` - ${version.displayName}` : ""}
              </Anchor>{" "}
              ({counted(version.imageCount, "image")})
            </>
          ) : (
            "A version that is gone"
          )}
        </Fact>
        <Fact name="Base model">{baseModelName(config.baseModel)}</Fact>
        <Fact name="Started from">
          <Start job={job} />
        </Fact>
        <Fact name="Epochs">{count(config.epochs)}</Fact>
        <Fact name="Batch size">{count(config.batchSize)}</Fact>
        <Fact name="Image size">{count(config.imageSize)} px</Fact>
        <Fact name="Learning rate">{config.learningRate ?? "Automatic"}</Fact>
        <Fact name="Patience">{config.patience ? counted(config.patience, "epoch") : "Never stops early"}</Fact>
        <Fact name="Seed">{config.seed}</Fact>
        <Fact name="Asked for">
          <When at={job.createdAt} />
          {job.createdBy ? ` by ${job.createdBy.name}` : ""}
        </Fact>
        {taken !== null && <Fact name={job.finishedAt ? "Took" : "Running for"}>{duration(taken)}</Fact>}
        {device && <Fact name="Device">{deviceName(device)}</Fact>}
        {worker && <Fact name="Worker">{worker}</Fact>}
        {job.attempts > 1 && <Fact name="Attempts">{job.attempts}, taken up again after a crash or a stop</Fact>}
      </dl>
      <Effective value={config.effective} />
    </Paper>
  );
}

function Start({ job: { startingWeights, checkpointModel } }: { job: Job }) {
  const words = startWords(startingWeights, checkpointModel);
  if (!checkpointModel) return words.charAt(0).toUpperCase() + words.slice(1);
  const precision = checkpointModel.metrics ? ` (${percent(checkpointModel.metrics.mAP50)} mAP)` : "";
  return (
    <>
      <Anchor
        component={Link}
        to={`~/projects/${checkpointModel.project.id}/models/${checkpointModel.id}`}
        inherit
        underline="always"
      >
        {words}
      </Anchor>
      {precision}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Every argument that the training was really given, where it has begun. */
function Effective({ value }: { value: unknown }) {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length === 0) return null;
  return (
    <Accordion chevronPosition="left" mt="xs" styles={FOLD}>
      <Accordion.Item value="effective">
        <Accordion.Control>All {count(entries.length)} arguments as they were used</Accordion.Control>
        <Accordion.Panel>
          <dl className={classes.facts}>
            {entries.map(([name, argument]) => (
              <div key={name} className={classes.fact}>
                <Text component="dt" ff="monospace" size="sm">
                  {name}
                </Text>
                <Text component="dd" ff="monospace" size="sm">
                  {typeof argument === "string" ? argument : JSON.stringify(argument)}
                </Text>
              </div>
            ))}
          </dl>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}
