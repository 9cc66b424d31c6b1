import { Button, SimpleGrid, Skeleton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { FolderPlus, Plus, Users } from "lucide-react";
import { useState } from "react";
import { useQuery } from "urql";

import { graphql } from "../../api/generated";
import { may } from "../../api/roles";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { CreateProjectDialog } from "./CreateProjectDialog";
import { ProjectCard } from "./ProjectCard";
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
