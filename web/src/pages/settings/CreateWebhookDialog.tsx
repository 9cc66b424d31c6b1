import { Button, Checkbox, Group, Stack, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { WebhookEvent } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { Dialog } from "../../components/Dialog";
import { SecretDialog } from "./SecretDialog";
import { CREATE_WEBHOOK, EVENT_WORDS } from "./webhooks";

const EVENTS = Object.keys(EVENT_WORDS) as WebhookEvent[];

/** Makes a webhook; the secret that signs what it is sent is shown once, here. */
export function CreateWebhookDialog({ onClose, onChange }: { onClose: () => void; onChange: () => void }) {
  const { id } = useProject();
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<string[]>(EVENTS);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [secret, setSecret] = useState<string | null>(null);
  const [create, busy] = useAction(CREATE_WEBHOOK, (data) => data.createWebhook, { say: false });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await create({ input: { projectId: id, url, events: events as WebhookEvent[] } });
    setProblems(byField(answer.problems, ["url", "events"]));
    if (!answer.payload) return;
    setSecret(answer.payload.secret ?? null);
    onChange();
  };
  if (secret !== null) {
    const about = "What is sent carries a signature made with this secret; it is not shown again.";
    return <SecretDialog title="The webhook's secret" secret={secret} about={about} onClose={onClose} />;
  }
  return (
    <Dialog opened onClose={onClose} title="New webhook">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Address"
            type="url"
            placeholder="https://hooks.example.org/agridrone"
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
            error={problems.url}
            required
            maxLength={2_000}
            data-autofocus
          />
          <Checkbox.Group label="Is told of" value={events} onChange={setEvents} error={problems.events}>
            <Stack gap="xs" mt="xs">
              {EVENTS.map((event) => (
                <Checkbox key={event} value={event} label={EVENT_WORDS[event]} />
              ))}
            </Stack>
          </Checkbox.Group>
          {problems[""] && (
            <Text size="sm" c="var(--mantine-color-error)" role="alert">
              {problems[""]}
            </Text>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              Create webhook
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
