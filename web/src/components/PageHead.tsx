import { Group, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useContext, type ReactNode } from "react";

import { ProjectContext } from "../api/projectContext";

/** A page's title, also the window's with the project's name, and its main actions. */
export function PageHead({ title, children, aside }: { title: string; children?: ReactNode; aside?: ReactNode }) {
  const project = useContext(ProjectContext);
  useDocumentTitle([title, project?.name, "AgriDrone Ops"].filter(Boolean).join(" · "));
  return (
    <Group justify="space-between" align="center" gap="sm" mb="md">
      <Group gap="sm" align="center" style={{ minWidth: 0 }}>
        <Title order={2} style={{ overflowWrap: "anywhere" }}>
          {title}
        </Title>
        {aside}
      </Group>
      <Group gap="xs">{children}</Group>
    </Group>
  );
}
