import { Button, Group, Modal, Text } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";

import { counted } from "../../components/numbers";
import type { Desk } from "./desk";

const SOON_MS = 500;

/** Waits until all is saved, and asks what to do with changes that the server could not be told. */
export function LeaveDialog({
  opened,
  queue,
  onStay,
  onLeave,
}: {
  opened: boolean;
  queue: Desk["queue"];
  onStay: () => void;
  onLeave: () => void;
}) {
  const state = useSyncExternalStore(queue.subscribe, queue.read);
  useEffect(() => {
    if (opened && state.kind === "saved") onLeave();
  }, [opened, state.kind, onLeave]);
  // Mostly it is saved before anybody could read the question.
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    if (!opened) return;
    const timer = setTimeout(() => setSlow(true), SOON_MS);
    return () => {
      clearTimeout(timer);
      setSlow(false);
    };
  }, [opened]);
  return (
    <Modal opened={opened && (state.kind === "failed" || slow)} onClose={onStay} title="Not everything is saved" zIndex={195}>
      <Text size="sm" mb="md">
        {state.kind === "failed" && `${counted(state.left, "change")} could not be saved. ${state.message}`}
        {state.kind === "saving" && "Saving…"}
      </Text>
      <Group justify="flex-end">
        <Button
          variant="default"
          color="red"
          onClick={() => {
            queue.abandon();
            onLeave();
          }}
        >
          Leave without saving
        </Button>
        <Button loading={state.kind === "saving"} onClick={queue.retry}>
          Try again
        </Button>
      </Group>
    </Modal>
  );
}
