import { Button, Group, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { TeamRole } from "../../api/generated/graphql";
import { useMay } from "../../api/projectContext";
import { Dialog } from "../../components/Dialog";
import { StackedTable } from "../../components/StackedTable";
import { Section } from "./Section";
import { REMOVE_MEMBER, SET_MEMBER } from "./documents";
import type { SettingsOf } from "./SettingsPage";
import classes from "./Members.module.css";

type Team = SettingsOf["team"];
type Member = Team["members"][number];

const ROLES = [
  { value: "VIEWER", label: "Viewer", may: "Sees everything of the team's projects." },
  { value: "MEMBER", label: "Member", may: "Also uploads, annotates, reviews, detects and exports." },
  { value: "MANAGER", label: "Manager", may: "Also creates versions, trains, deploys and changes settings." },
  { value: "OWNER", label: "Owner", may: "Also says who is in the team." },
] as const satisfies { value: TeamRole; label: string; may: string }[];

const nameOf = (role: TeamRole) => ROLES.find(({ value }) => value === role)?.label ?? role;

/** The team that the project belongs to; its owners say who is in it. */
export function Members({ team, viewerId, onChange }: { team: Team; viewerId: string; onChange: () => void }) {
  const mayChange = useMay("members");
  const [leaving, setLeaving] = useState<Member | null>(null);
  return (
    <Section title="Members and roles" about={`Of ${team.name}, with all its projects.`}>
      <StackedTable>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Person</Table.Th>
              <Table.Th>Role</Table.Th>
              <Table.Th>Actions</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {team.members.map((member) => (
              <Table.Tr key={member.user.id}>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {member.user.name}
                    {member.user.id === viewerId ? " (you)" : ""}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {member.user.email}
                  </Text>
                </Table.Td>
                <Table.Td data-label="Role" data-whole>
                  <Role team={team} member={member} mayChange={mayChange} onChange={onChange} />
                </Table.Td>
                <Table.Td>
                  {(mayChange || member.user.id === viewerId) && (
                    <Button
                      size="xs"
                      variant="default"
                      onClick={() => setLeaving(member)}
                      aria-label={member.user.id === viewerId ? "Leave the team" : `Remove ${member.user.name}`}
                    >
                      {member.user.id === viewerId ? "Leave" : "Remove"}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
      </StackedTable>
      {mayChange && <AddMember team={team} onChange={onChange} />}
      {leaving && (
        <RemoveDialog team={team} member={leaving} onClose={() => setLeaving(null)} onChange={onChange} />
      )}
    </Section>
  );
}

interface OfTeam {
  team: Team;
  onChange: () => void;
}

function Role({ team, member, mayChange, onChange }: OfTeam & { member: Member; mayChange: boolean }) {
  const [set, busy] = useAction(SET_MEMBER, (data) => data.setTeamMember);
  if (!mayChange) return <Text size="sm">{nameOf(member.role)}</Text>;
  return (
    <Select
      aria-label={`Role of ${member.user.name}`}
      data={ROLES.map(({ value, label }) => ({ value, label }))}
      value={member.role}
      disabled={busy}
      allowDeselect={false}
      w={130}
      onChange={async (role) => {
        await set({ input: { teamId: team.id, email: member.user.email, role: role as TeamRole } });
        onChange();
      }}
    />
  );
}

function AddMember({ team, onChange }: OfTeam) {
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<TeamRole>("MEMBER");
  const [problem, setProblem] = useState<string>();
  const [set, busy] = useAction(SET_MEMBER, (data) => data.setTeamMember, { say: false });
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await set({ input: { teamId: team.id, email, role } });
    const found = byField(answer.problems, ["email"]);
    setProblem(found.email ?? found[""]);
    if (!answer.payload) return;
    tell(`${email} is in the team, from the first sign-in on.`);
    setEmail("");
    onChange();
  };
  return (
    <form onSubmit={add}>
      <div className={classes.add}>
        <TextInput
          label="Add by e-mail address"
          type="email"
          placeholder="someone@example.org"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={problem}
          description="They need no account yet: the address is invited."
          required
        />
        <Select
          label="Role"
          description={ROLES.find(({ value }) => value === role)?.may}
          data={ROLES.map(({ value, label }) => ({ value, label }))}
          value={role}
          onChange={(value) => value && setRole(value as TeamRole)}
          allowDeselect={false}
        />
        <Button type="submit" variant="default" loading={busy} className={classes.button}>
          Add member
        </Button>
      </div>
    </form>
  );
}

function RemoveDialog({ team, member, onClose, onChange }: OfTeam & { member: Member; onClose: () => void }) {
  const [remove, busy] = useAction(REMOVE_MEMBER, (data) => data.removeTeamMember);
  const run = async () => {
    const { payload } = await remove({ teamId: team.id, userId: member.user.id });
    onClose();
    if (!payload) return;
    tell(`${member.user.name} is no longer in the team.`);
    onChange();
  };
  return (
    <Dialog opened onClose={onClose} title={`Remove ${member.user.name} from ${team.name}`}>
      <Stack>
        <Text size="sm">
          {member.user.name} no longer sees any of the team's projects. What they annotated and trained stays.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button color="red" onClick={run} loading={busy}>
            Remove
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
