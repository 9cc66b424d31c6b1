import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { useAction } from "../../../api/action";
import { byField } from "../../../api/errors";
import { graphql } from "../../../api/generated";

const RENAME = graphql(`
  mutation VersionDetailRename($id: ID!, $displayName: String!) {
    renameVersion(id: $id, displayName: $displayName) {
      userErrors {
        code
        message
        field
      }
      version {
        id
        displayName
      }
    }
  }
`);

interface Named {
  id: string;
  version: number;
  displayName?: string | null;
}

export function RenameDialog({ version, opened, onClose }: { version: Named; opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Rename v${version.version}`}>
      <RenameForm version={version} onClose={onClose} />
    </Modal>
  );
}

function RenameForm({ version, onClose }: { version: Named; onClose: () => void }) {
  const [name, setName] = useState(version.displayName ?? "");
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [rename, busy] = useAction(RENAME, (data) => data.renameVersion, { say: false });
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await rename({ id: version.id, displayName: name });
    setProblems(byField(answer.problems, ["displayName"]));
    if (answer.payload) onClose();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          description={`Shown beside the number, as v${version.version} - ${name || "March 2025 Release"}`}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={problems.displayName ?? problems[""]}
          maxLength={200}
          required
          data-autofocus
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
