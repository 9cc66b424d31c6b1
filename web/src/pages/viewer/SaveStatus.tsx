import { Button, Group, Text, Tooltip } from "@mantine/core";
import { Check, CloudUpload, TriangleAlert } from "lucide-react";
import { useSyncExternalStore } from "react";

import { counted } from "../../components/numbers";
import type { Desk } from "./desk";

/** Whether all that was done is on the server. */
export function SaveStatus({ queue }: { queue: Desk["queue"] }) {
  const state = useSyncExternalStore(queue.subscribe, queue.read);
  if (state.kind === "failed") {
    return (
      <Group gap={6} wrap="nowrap" role="alert">
        <TriangleAlert size={16} color="var(--mantine-color-error)" aria-hidden style={{ flex: "none" }} />
        <Tooltip label={state.message} multiline maw={320}>
          <Text size="sm" fw={600} style={{ whiteSpace: "nowrap" }}>
            Not saved: {counted(state.left, "change")}
          </Text>
        </Tooltip>
        <Button size="compact-sm" variant="default" onClick={queue.retry} style={{ flex: "none" }}>
          Try again
        </Button>
      </Group>
    );
  }
  const Icon = state.kind === "saved" ? Check : CloudUpload;
  return (
    <Group gap={4} wrap="nowrap" c="dimmed" role="status" miw={72}>
      <Icon size={15} aria-hidden />
      <Text size="sm">{state.kind === "saved" ? "Saved" : "Saving…"}</Text>
    </Group>
  );
}
