import { Button, Card, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { CircleCheck, Pause, Play, RotateCw, X } from "lucide-react";

import { Problem } from "../components/Problem";
import { count, counted, duration, size } from "../components/numbers";
import { UploadRows } from "./UploadRows";
import type { UploadSummary } from "./uploadSummary";
import type { UploadQueue } from "./uploadQueue";
import { uploadsOf, useUploadSummary } from "./useUploads";

/** What is being sent to the project: in all, file by file, and what did not work. Nothing where nothing is. */
export function UploadPanel({ projectId }: { projectId: string }) {
  const summary = useUploadSummary(projectId);
  const queue = uploadsOf(projectId);
  if (summary.status === "empty") return null;
  const { problem, failures } = summary;
  return (
    <Card withBorder padding="md" mb="md" component="section" aria-label="Uploads">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Heading summary={summary} />
          <Buttons summary={summary} queue={queue} />
        </Group>
        {summary.status !== "finished" && <Whole summary={summary} />}
        {problem !== null && (
          <Problem
            title="The upload stands still"
            action={
              <Button size="xs" variant="default" onClick={() => queue.resume()}>
                Go on
              </Button>
            }
          >
            {problem}
          </Problem>
        )}
        <UploadRows label="Being sent" files={summary.active} />
        {failures.length > 0 && (
          <>
            <Group justify="space-between" gap="xs">
              <Text size="sm" fw={600}>
                Not taken
              </Text>
              <Button
                size="xs"
                variant="default"
                leftSection={<RotateCw size={14} aria-hidden />}
                onClick={() => queue.retryFailed()}
              >
                Retry {count(failures.length)} failed
              </Button>
            </Group>
            <UploadRows label="Not taken" files={failures} />
          </>
        )}
      </Stack>
    </Card>
  );
}

function Heading({ summary: { status, label, counts, failures } }: { summary: UploadSummary }) {
  if (status !== "finished") {
    return (
      <Title order={3} size="h5" style={{ overflowWrap: "anywhere" }}>
        {status === "paused" ? "Paused" : "Uploading"} {label}
      </Title>
    );
  }
  const parts = [
    counts.added && `${counted(counts.added, "image")} added`,
    counts.known && `${count(counts.known)} already in the project`,
    failures.length && `${count(failures.length)} not taken`,
  ].filter(Boolean);
  return (
    <Group gap="xs" wrap="nowrap" role="status">
      <CircleCheck size={18} aria-hidden style={{ flex: "none" }} />
      <Title order={3} size="h5">
        {parts.join(", ")}
      </Title>
    </Group>
  );
}

function Buttons({ summary: { status }, queue }: { summary: UploadSummary; queue: UploadQueue }) {
  if (status === "finished") {
    return (
      <Button size="xs" variant="default" leftSection={<X size={14} aria-hidden />} onClick={() => queue.dismiss()}>
        Dismiss
      </Button>
    );
  }
  return (
    <Group gap="xs">
      {status === "paused" ? (
        <Button size="xs" leftSection={<Play size={14} aria-hidden />} onClick={() => queue.resume()}>
          Resume
        </Button>
      ) : (
        <Button size="xs" variant="default" leftSection={<Pause size={14} aria-hidden />} onClick={() => queue.pause()}>
          Pause
        </Button>
      )}
      <Button size="xs" variant="default" leftSection={<X size={14} aria-hidden />} onClick={() => queue.cancel()}>
        Cancel upload
      </Button>
    </Group>
  );
}

function Whole({ summary }: { summary: UploadSummary }) {
  const { done, total, bytesDone, bytesTotal, secondsLeft, offline, status, counts } = summary;
  const last =
    status === "paused"
      ? "what has arrived is kept"
      : offline
        ? "the server cannot be reached, waiting for it"
        : counts.checking === total - done
          ? `checking ${counted(counts.checking, "image")}`
          : secondsLeft !== null && `about ${duration(secondsLeft)} left`;
  return (
    <div>
      <Progress
        value={(100 * bytesDone) / Math.max(bytesTotal, 1)}
        size="lg"
        aria-label="All files"
        animated={status === "running"}
        color={status === "paused" ? "gray" : undefined}
      />
      <Text size="sm" c="dimmed" mt={6}>
        {count(done)} of {counted(total, "image")} · {size(bytesDone)} of {size(bytesTotal)}
        {last ? ` · ${last}` : ""}
      </Text>
    </div>
  );
}
