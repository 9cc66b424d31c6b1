import { Badge, Button, Code, Group, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useState } from "react";

import { tell, useAction } from "../../api/action";
import type { SettingsQuery, TokenScope } from "../../api/generated/graphql";
import { Dialog } from "../../components/Dialog";
import { StackedTable } from "../../components/StackedTable";
import { When } from "../../components/When";
import { CreateTokenDialog } from "./CreateTokenDialog";
import { Section } from "./Section";
import { REVOKE_TOKEN } from "./documents";

type Token = SettingsQuery["viewer"]["apiTokens"][number];

const SCOPE_WORDS: Record<TokenScope, string> = { READ: "Read", WRITE: "Write", ADMIN: "Admin" };

/** The viewer's own secrets for scripts and CI. */
export function ApiTokens({ tokens, onChange }: { tokens: readonly Token[]; onChange: () => void }) {
  const [creating, dialog] = useDisclosure(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  return (
    <Section
      title="API tokens"
      about={
        <>
          Yours alone, sent by scripts as <Code>Authorization: Bearer …</Code>, with your rights at most.
        </>
      }
      action={
        <Button variant="default" onClick={dialog.open}>
          New token
        </Button>
      }
    >
      {tokens.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet. A token lets a script upload, train or detect in your name, without your sign-in.
        </Text>
      ) : (
        <StackedTable>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>Scope</Table.Th>
                <Table.Th>Last used</Table.Th>
                <Table.Th>Ends</Table.Th>
                <Table.Th>Actions</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {tokens.map((token) => (
                <Table.Tr key={token.id}>
                  <Table.Td>
                    <Text size="sm" fw={600}>
                      {token.name}
                    </Text>
                  </Table.Td>
                  <Table.Td data-label="Scope" data-whole>
                    <Badge variant="default" tt="none">
                      {SCOPE_WORDS[token.scope]}
                    </Badge>
                  </Table.Td>
                  <Table.Td data-label="Last used">{token.lastUsedAt ? <When at={token.lastUsedAt} /> : "never"}</Table.Td>
                  <Table.Td data-label="Ends">{token.expiresAt ? <When at={token.expiresAt} /> : "never"}</Table.Td>
                  <Table.Td>
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => setRevoking(token)}
                      aria-label={`Revoke ${token.name}`}
                    >
                      Revoke
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
        </StackedTable>
      )}
      {creating && <CreateTokenDialog onClose={dialog.close} onChange={onChange} />}
      {revoking && <RevokeDialog token={revoking} onClose={() => setRevoking(null)} onChange={onChange} />}
    </Section>
  );
}

function RevokeDialog({ token, onClose, onChange }: { token: Token; onClose: () => void; onChange: () => void }) {
  const [revoke, busy] = useAction(REVOKE_TOKEN, (data) => data.revokeApiToken);
  const run = async () => {
    const { payload } = await revoke({ id: token.id });
    onClose();
    if (payload) tell(`${token.name} no longer signs anybody in.`);
    onChange();
  };
  return (
    <Dialog opened onClose={onClose} title={`Revoke ${token.name}`}>
      <Stack>
        <Text size="sm">Whatever uses this token is refused from now on. That cannot be undone.</Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red" onClick={run} loading={busy}>
            Revoke
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
