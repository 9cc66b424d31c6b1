import { Group, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";

/** A page's title, also the window's, and its main actions. */
export function PageHead({ title, children, aside }: { title: string; children?: ReactNode; aside?: ReactNode }) {
  useDocumentTitle(`${title} · AgriDrone Ops`);
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
