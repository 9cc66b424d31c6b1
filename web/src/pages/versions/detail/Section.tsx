import { Group, Paper, Title } from "@mantine/core";
import { useId, type ReactNode } from "react";

/** A part of a version's page under its heading. */
export function Section({ title, aside, id, children }: { title: string; aside?: ReactNode; id?: string; children: ReactNode }) {
  const heading = useId();
  return (
    <Paper component="section" withBorder p={{ base: "sm", sm: "md" }} id={id} aria-labelledby={heading} miw={0}>
      <Group justify="space-between" align="center" gap="xs" mb="sm" mih={32}>
        <Title order={3} size="h4" id={heading}>
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Paper>
  );
}
