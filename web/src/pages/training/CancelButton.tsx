import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Ban } from "lucide-react";

import { useAction } from "../../api/action";
import { CANCEL, type Job } from "./documents";

/** Stops a training, after asking. */
export function CancelButton({ job }: { job: Pick<Job, "id" | "status" | "epoch" | "cancelRequestedAt"> }) {
  const [asking, dialog] = useDisclosure(false);
  const [cancel, busy] = useAction(CANCEL, (data) => data.cancelTraining);
  const asked = Boolean(job.cancelRequestedAt);
  const confirm = async () => {
    const { payload } = await cancel({ id: job.id });
    if (payload) dialog.close();
  };
  return (
    <>
      <Button
        variant="default"
        leftSection={<Ban size={16} aria-hidden />}
        onClick={dialog.open}
        loading={asked}
        disabled={asked}
      >
        Cancel
      </Button>
      <Modal opened={asking} onClose={dialog.close} title="Cancel this training?">
        <Stack>
          <Text size="sm">
            {job.status === "QUEUED"
              ? "It leaves the queue. You can resume it later."
              : "It stops within a few seconds and makes no model. What it has learned so far is kept: you can resume it later."}
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={dialog.close} data-autofocus>
              Keep training
            </Button>
            <Button color="red" onClick={confirm} loading={busy}>
              Cancel training
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
