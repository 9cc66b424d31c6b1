import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { TokenScope } from "../../api/generated/graphql";
import { Dialog } from "../../components/Dialog";
import { SecretDialog } from "./SecretDialog";
import { CREATE_TOKEN } from "./documents";

const SCOPES: { value: TokenScope; label: string }[] = [
  { value: "READ", label: "Read: queries and subscriptions" },
  { value: "WRITE", label: "Write: all that your role may" },
  { value: "ADMIN", label: "Admin: members and tokens too" },
];
const DAY_MS = 86_400_000;
const LIVES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
  { value: "", label: "Until it is revoked" },
];

/** Makes a token; its secret is shown once, here. */
export function CreateTokenDialog({ onClose, onChange }: { onClose: () => void; onChange: () => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<TokenScope>("READ");
  const [days, setDays] = useState("90");
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [secret, setSecret] = useState<string | null>(null);
  const [create, busy] = useAction(CREATE_TOKEN, (data) => data.createApiToken, { say: false });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const expiresAt = days ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null;
    const answer = await create({ input: { name, scope, expiresAt } });
    setProblems(byField(answer.problems, ["name", "scope", "expiresAt"]));
    if (!answer.payload) return;
    setSecret(answer.payload.secret ?? null);
    onChange();
  };
  if (secret !== null) {
    const about = "The server keeps only its checksum: nobody can show it again.";
    return <SecretDialog title={name} secret={secret} about={about} onClose={onClose} />;
  }
  return (
    <Dialog opened onClose={onClose} title="New API token">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            placeholder="Nightly upload"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problems.name}
            required
            maxLength={200}
            data-autofocus
          />
          <Select
            label="Scope"
            data={SCOPES}
            value={scope}
            onChange={(value) => value && setScope(value as TokenScope)}
            error={problems.scope}
            allowDeselect={false}
          />
          <Select
            label="Good for"
            data={LIVES}
            value={days}
            onChange={(value) => setDays(value ?? "")}
            error={problems.expiresAt}
            allowDeselect={false}
          />
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
              Create token
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
