import { Button, Menu, Skeleton } from "@mantine/core";
import { GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { useQuery } from "urql";
import { Link } from "wouter";

import { graphql } from "../../api/generated";
import { useProject } from "../../api/projectContext";
import { versionTitle } from "./detail/versionTitle";

const OTHERS = graphql(`
  query VersionsPageOthers($id: ID!) {
    project(id: $id) {
      id
      versions(first: 200, includeArchived: true) {
        nodes {
          id
          version
          displayName
          manifest {
            sha256
          }
        }
      }
    }
  }
`);

/** Picks the version to compare with; read as the menu opens. */
export function VersionCardCompare({ number }: { number: number }) {
  const { id, nextVersionNumber } = useProject();
  const [opened, setOpened] = useState(false);
  const [{ data, error }] = useQuery({ query: OTHERS, variables: { id }, pause: !opened });
  if (nextVersionNumber <= 2) return null;
  const others = data?.project.versions.nodes.filter((one) => one.manifest && one.version !== number);
  return (
    <Menu opened={opened} onChange={setOpened} position="bottom-start" width={280} withinPortal>
      <Menu.Target>
        <Button
          size="xs"
          variant="default"
          leftSection={<GitCompareArrows size={15} aria-hidden />}
          aria-label={`Compare v${number}`}
        >
          Compare
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={320} style={{ overflowY: "auto" }}>
        <Menu.Label>Compare v{number} with</Menu.Label>
        {!others && !error && <Skeleton height={32} m={8} />}
        {error && <Menu.Item disabled>The versions could not be read.</Menu.Item>}
        {others?.length === 0 && <Menu.Item disabled>There is no other version to compare with yet.</Menu.Item>}
        {others?.map((other) => (
          <Menu.Item key={other.id} component={Link} to={`/versions/${number}?compare=${other.version}`}>
            {versionTitle(other)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
