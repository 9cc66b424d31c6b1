import { Alert, Button, Group, Text } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { CombinedError } from "urql";

import { sentence } from "../api/errors";

/** Something failed: its sentence, and beside it the button that mends it. */
export function Problem({ title = "That did not work", children, action }: { title?: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Alert color="red" variant="light" icon={<TriangleAlert aria-hidden />} title={title}>
      <Group justify="space-between" align="center" gap="sm">
        <Text size="sm" style={{ flex: 1, minWidth: 200, overflowWrap: "anywhere" }}>
          {children}
        </Text>
        {action}
      </Group>
    </Alert>
  );
}

/** A query that failed, with a button that asks again. */
export function QueryProblem({ error, retry }: { error: CombinedError; retry: () => void }) {
  return (
    <Problem
      title="This could not be read"
      action={
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      }
    >
      {sentence(error)}
    </Problem>
  );
}
