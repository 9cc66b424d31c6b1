import { Group, Progress, Text } from "@mantine/core";
import { useInterval } from "@mantine/hooks";
import { CircleCheck, CircleX } from "lucide-react";
import { useQuery } from "urql";

import type { SettingsGpusQuery } from "../../api/generated/graphql";
import { When } from "../../components/When";
import { size } from "../../components/numbers";
import { Section } from "./Section";
import { GPUS } from "./documents";

type Gpu = SettingsGpusQuery["gpus"][number];

/** Hosts say of themselves how they are every five seconds. */
const BEAT_MS = 5_000;

/** Who has each GPU host's GPU, its memory, and the model that is loaded there. */
export function Gpus() {
  const [{ data }, execute] = useQuery({ query: GPUS, variables: {} });
  useInterval(() => execute({ requestPolicy: "network-only" }), BEAT_MS, { autoInvoke: true });
  if (!data) return null;
  return (
    <Section title="GPU hosts">
      {data.gpus.length === 0 && (
        <Text size="sm" c="dimmed">
          No GPU host has been seen yet: start one by <code>agridrone worker gpu</code>.
        </Text>
      )}
      {data.gpus.map((gpu) => (
        <Host key={gpu.host} gpu={gpu} />
      ))}
    </Section>
  );
}

function Host({ gpu }: { gpu: Gpu }) {
  const Icon = gpu.workerAlive ? CircleCheck : CircleX;
  const used = gpu.memoryTotal && gpu.memoryUsed != null ? gpu.memoryUsed / gpu.memoryTotal : null;
  return (
    <div>
      <Group gap="xs">
        <Icon size={16} aria-hidden />
        <Text size="sm" fw={600}>
          {gpu.host}
        </Text>
        <Text size="sm" c="dimmed">
          {gpu.device} · {gpu.workerAlive ? "ready" : "no worker answers"}
        </Text>
      </Group>
      <Text size="sm">
        {holderOf(gpu)}
        {gpu.heldSince && (
          <>
            {", since "}
            <When at={gpu.heldSince} />
          </>
        )}
        {" · "}
        {gpu.loadedModel ? `${gpu.loadedModel.name} is loaded` : "No model is loaded"}
        {gpu.sam3Loaded ? " · SAM3 is loaded" : ""}
      </Text>
      {used !== null && (
        <Group gap="xs" wrap="nowrap">
          <Progress value={used * 100} style={{ flex: 1 }} aria-label={`Memory of ${gpu.host}`} />
          <Text size="xs" c="dimmed">
            {size(gpu.memoryUsed)} of {size(gpu.memoryTotal)}
          </Text>
        </Group>
      )}
    </div>
  );
}

function holderOf({ device, holder, trainingJob }: Gpu): string {
  const it = device === "cpu" ? "the processor" : "the GPU";
  if (holder === "SAM3") return `SAM3 has ${it}`;
  if (holder === "INFERENCE") return `Detection has ${it}`;
  if (holder !== "TRAINING") return device === "cpu" ? "The processor is free" : "The GPU is free";
  if (!trainingJob) return `A training has ${it}`;
  return `A training of ${trainingJob.project.name} has ${it}, epoch ${trainingJob.epoch} of ${trainingJob.config.epochs}`;
}
