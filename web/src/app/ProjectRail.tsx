import { NavLink, ScrollArea, Skeleton, Stack, Text } from "@mantine/core";
import { LayoutGrid } from "lucide-react";
import { useQuery } from "urql";
import { Link, useLocation } from "wouter";

import { graphql } from "../api/generated";
import { useKeptData } from "../api/keptData";
import { counted } from "../components/numbers";

export const RAIL = graphql(`
  query Rail {
    projects(first: 100) {
      nodes {
        id
        name
        totalImages
        team {
          id
          name
        }
      }
    }
  }
`);

/** The projects of the viewer's teams; team by team where there are several. */
export function ProjectRail() {
  const [result] = useQuery({ query: RAIL, variables: {} });
  const data = useKeptData(result, "");
  const [location] = useLocation();
  const projects = data?.projects.nodes ?? [];
  const teams = [...new Map(projects.map(({ team }) => [team.id, team.name]))];
  return (
    <ScrollArea h="100%" component="nav" aria-label="Projects">
      <NavLink
        component={Link}
        to="/projects"
        label="All projects"
        leftSection={<LayoutGrid size={16} aria-hidden />}
        active={location === "/projects"}
      />
      {!data && !result.error && (
        <Stack gap="xs" p="xs">
          <Skeleton height={30} />
          <Skeleton height={30} />
        </Stack>
      )}
      {teams.map(([id, name]) => (
        <div key={id}>
          {teams.length > 1 && (
            <Text size="xs" c="dimmed" fw={600} px="sm" pt="sm" pb={4}>
              {name}
            </Text>
          )}
          {projects
            .filter(({ team }) => team.id === id)
            .map((project) => (
              <NavLink
                key={project.id}
                component={Link}
                to={`/projects/${project.id}/images`}
                label={project.name}
                description={counted(project.totalImages, "image")}
                active={location.startsWith(`/projects/${project.id}/`)}
                noWrap
              />
            ))}
        </div>
      ))}
    </ScrollArea>
  );
}
