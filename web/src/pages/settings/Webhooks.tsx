import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";
import { useQuery } from "urql";

import { tell, useAction } from "../../api/action";
import type { SettingsWebhooksQuery } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { Dialog } from "../../components/Dialog";
import { QueryProblem } from "../../components/Problem";
import { CreateWebhookDialog } from "./CreateWebhookDialog";
import { Deliveries } from "./Deliveries";
import { Section } from "./Section";
import { DELETE_WEBHOOK, EVENT_WORDS, WEBHOOKS } from "./webhooks";

type Webhook = SettingsWebhooksQuery["project"]["webhooks"][number];

/** The addresses that hear of the project; for those who manage it. */
export function Webhooks() {
  const { id } = useProject();
  const [creating, dialog] = useDisclosure(false);
  const [deleting, setDeleting] = useState<Webhook | null>(null);
  const [{ data, error }, execute] = useQuery({ query: WEBHOOKS, variables: { id } });
  const refresh = () => execute({ requestPolicy: "network-only" });
  return (
    <Section
      title="Webhooks"
      about="Addresses that are sent news of the project, signed: its managers see them, others do not."
      action={
        <Button variant="default" onClick={dialog.open}>
          New webhook
        </Button>
      }
    >
      {error && !data && <QueryProblem error={error} retry={refresh} />}
      {data?.project.webhooks.length === 0 && (
        <Text size="sm" c="dimmed">
          None yet. A webhook tells a chat, a build server or a script what became of versions, trainings and deployments.
        </Text>
      )}
      {data?.project.webhooks.map((webhook) => (
        <Entry key={webhook.id} webhook={webhook} onDelete={() => setDeleting(webhook)} />
      ))}
      {creating && <CreateWebhookDialog onClose={dialog.close} onChange={refresh} />}
      {deleting && <DeleteDialog webhook={deleting} onClose={() => setDeleting(null)} onChange={refresh} />}
    </Section>
  );
}

function Entry({ webhook, onDelete }: { webhook: Webhook; onDelete: () => void }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <Paper withBorder p="sm">
      <Stack gap="xs">
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {webhook.url}
        </Text>
        <Group gap="xs">
          {webhook.events.map((event) => (
            <Badge key={event} variant="default" tt="none">
              {EVENT_WORDS[event]}
            </Badge>
          ))}
        </Group>
        <Group gap="xs">
          <Button
            size="xs"
            variant="default"
            onClick={toggle}
            aria-expanded={opened}
            aria-label={`Deliveries to ${webhook.url}`}
          >
            Deliveries
          </Button>
          <Button size="xs" variant="default" onClick={onDelete} aria-label={`Delete ${webhook.url}`}>
            Delete
          </Button>
        </Group>
        {opened && <Deliveries webhookId={webhook.id} />}
      </Stack>
    </Paper>
  );
}

function DeleteDialog({ webhook, onClose, onChange }: { webhook: Webhook; onClose: () => void; onChange: () => void }) {
  const [remove, busy] = useAction(DELETE_WEBHOOK, (data) => data.deleteWebhook);
  const run = async () => {
    const { payload } = await remove({ id: webhook.id });
    onClose();
    if (payload) tell("The webhook is deleted.");
    onChange();
  };
  return (
    <Dialog opened onClose={onClose} title="Delete the webhook">
      <Stack>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          Nothing more is sent to {webhook.url}, also not what is waiting. Its deliveries are deleted with it.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red" onClick={run} loading={busy}>
            Delete
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
