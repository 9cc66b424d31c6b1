import { Button, Card, Group, Select, SimpleGrid, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { FolderPlus, ImagePlus, Plus, Users } from "lucide-react";
import { useState, type FormEvent } from "react";
import { useQuery } from "urql";
import { Link, useLocation } from "wouter";

import { useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { graphql } from "../../api/generated";
import type { ProjectsQuery } from "../../api/generated/graphql";
import { may } from "../../api/roles";
import { Dialog } from "../../components/Dialog";
import { EmptyState } from "../../components/EmptyState";
import { MeanPrecision } from "../../components/MeanPrecision";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { StatusChip } from "../../components/StatusChip";
import { counted } from "../../components/numbers";
import classes from "./ProjectsPage.module.css";

const PROJECTS = graphql(`
  query Projects($after: String) {
    viewer {
      id
      teams {
        role
        team {
          id
          name
        }
      }
    }
    projects(first: 50, after: $after) {
      nodes {
        id
        name
        totalImages
        annotatedImages
        totalAnnotations
        versionCount
        activeRoboflowModel
        activeModel {
          id
          name
          metrics {
            mAP50
          }
          version {
            id
            version
            splitCounts {
              val
            }
          }
        }
        assets(first: 4) {
          nodes {
            id
            thumbnailUrl(size: 160)
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

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

type Project = ProjectsQuery["projects"]["nodes"][number];
type Memberships = ProjectsQuery["viewer"]["teams"];

/** All projects of the viewer's teams, with what is in them and what they detect with. */
export default function ProjectsPage() {
  const [pages, setPages] = useState<(string | undefined)[]>([undefined]);
  const [creating, dialog] = useDisclosure(false);
  const [{ data }] = useQuery({ query: PROJECTS, variables: { after: undefined } });
  const teams = data?.viewer.teams.filter(({ role }) => may(role, "settings")) ?? [];
  const button = teams.length > 0 && (
    <Button leftSection={<Plus size={16} aria-hidden />} onClick={dialog.open}>
      New project
    </Button>
  );
  const empty = data?.projects.nodes.length === 0;
  return (
    <div className={classes.page}>
      <PageHead title="Projects">{!empty && button}</PageHead>
      {empty && data.viewer.teams.length === 0 && (
        <EmptyState icon={Users} title="You are in no team yet">
          Ask the owner of your team to add you by your e-mail address in its settings; its projects then appear here.
        </EmptyState>
      )}
      {empty && data.viewer.teams.length > 0 && (
        <EmptyState icon={FolderPlus} title="Start with a project" action={button}>
          A project holds the imagery of one place or purpose, its annotations, dataset versions and models.
        </EmptyState>
      )}
      {!empty && (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
          {pages.map((after, index) => (
            <Page
              key={after ?? ""}
              after={after}
              onMore={index === pages.length - 1 ? (cursor) => setPages([...pages, cursor]) : undefined}
            />
          ))}
        </SimpleGrid>
      )}
      <CreateProjectDialog opened={creating} onClose={dialog.close} teams={teams} />
    </div>
  );
}

function Page({ after, onMore }: { after?: string; onMore?: (cursor: string) => void }) {
  const [{ data, error, fetching }, execute] = useQuery({ query: PROJECTS, variables: { after } });
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) return [0, 1, 2].map((index) => <Skeleton key={index} height={220} />);
  const { hasNextPage, endCursor } = data.projects.pageInfo;
  return (
    <>
      {data.projects.nodes.map((project) => (
        <ProjectCard key={project.id} project={project} />
      ))}
      {onMore && hasNextPage && endCursor && (
        <Button variant="default" loading={fetching} onClick={() => onMore(endCursor)}>
          Show more projects
        </Button>
      )}
    </>
  );
}

function ProjectCard({ project }: { project: Project }) {
  const { activeModel, activeRoboflowModel } = project;
  const counts = [
    counted(project.totalImages, "image"),
    counted(project.totalAnnotations, "annotation"),
    counted(project.versionCount, "version"),
  ];
  return (
    <Card component={Link} to={`/projects/${project.id}/images`} withBorder padding="md" className={classes.card}>
      <Card.Section className={classes.strip}>
        {project.assets.nodes.map(({ id, thumbnailUrl }) => (
          <img key={id} src={thumbnailUrl} alt="" loading="lazy" />
        ))}
        {project.assets.nodes.length === 0 && <ImagePlus size={28} aria-hidden className={classes.nothing} />}
      </Card.Section>
      <Stack gap={6} mt="sm">
        <Title order={3} size="h4" lineClamp={1}>
          {project.name}
        </Title>
        <Group gap="4px 12px">
          {counts.map((words) => (
            <Text key={words} size="sm" c="dimmed">
              {words}
            </Text>
          ))}
        </Group>
        <Group justify="space-between" gap="xs" wrap="nowrap" mih={44}>
          {activeModel ? (
            <>
              <MeanPrecision
                value={activeModel.metrics?.mAP50}
                on={activeModel.version ? `v${activeModel.version.version} val` : "import"}
                images={activeModel.version?.splitCounts.val}
              />
              <StatusChip status="ACTIVE" />
            </>
          ) : (
            <Text size="sm" c="dimmed" truncate>
              {activeRoboflowModel ? `Roboflow: ${activeRoboflowModel}` : "No model deployed yet"}
            </Text>
          )}
        </Group>
      </Stack>
    </Card>
  );
}

function CreateProjectDialog({ opened, onClose, teams }: { opened: boolean; onClose: () => void; teams: Memberships }) {
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
