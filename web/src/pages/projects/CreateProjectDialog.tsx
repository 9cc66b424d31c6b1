import { Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";
import { useLocation } from "wouter";

import { useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { graphql } from "../../api/generated";
import type { ProjectsQuery } from "../../api/generated/graphql";
import { Dialog } from "../../components/Dialog";

const CREATE_PROJECT = graphql(`
  mutation CreateProject($input: CreateProjectInput!) {
    createProject(input: $input) {
      userErrors {
        code
        message
        field
      }
      project {
        id
      }
    }
  }
`);

type Memberships = ProjectsQuery["viewer"]["teams"];

/** Begins a project in one of the teams, and goes there. */
export function CreateProjectDialog({ opened, onClose, teams }: { opened: boolean; onClose: () => void; teams: Memberships }) {
  const [name, setName] = useState("");
  const [teamId, setTeamId] = useState<string | null>(null);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [create, busy] = useAction(CREATE_PROJECT, (data) => data.createProject, { say: false });
  const [, go] = useLocation();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await create({ input: { name, teamId: teamId ?? teams[0]?.team.id ?? "" } });
    setProblems(byField(answer.problems, ["name", "teamId"]));
    if (answer.payload?.project) go(`/projects/${answer.payload.project.id}/images`);
  };
  return (
    <Dialog opened={opened} onClose={onClose} title="New project">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            placeholder="North block"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problems.name ?? problems[""]}
            maxLength={200}
            required
            data-autofocus
          />
          {teams.length > 1 && (
            <Select
              label="Team"
              data={teams.map(({ team }) => ({ value: team.id, label: team.name }))}
              value={teamId ?? teams[0]?.team.id ?? null}
              onChange={setTeamId}
              error={problems.teamId}
              allowDeselect={false}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={busy}>
              Create project
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
