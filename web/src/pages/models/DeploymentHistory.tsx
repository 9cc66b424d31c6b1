import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import { tell, useAction } from "../../api/action";
import { useLiveQuery } from "../../api/live";
import { useMay, useProject } from "../../api/projectContext";
import { Dialog } from "../../components/Dialog";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { DEPLOYMENTS, FIRST_DEPLOYMENTS, ROLLBACK } from "./documents";
import { deployedName, type Deployment } from "./deployments";
import classes from "./DeploymentHistory.module.css";


/** Who deployed what and when, and the way back to the one before. */
export function DeploymentHistory() {
  const { id } = useProject();
  const mayDeploy = useMay("deploy");
  const [first, setFirst] = useState(FIRST_DEPLOYMENTS);
  const [{ data }] = useLiveQuery(DEPLOYMENTS, { id, first }, ["DEPLOYMENT_CHANGED"]);
  const history = data?.project.deployments.nodes ?? [];
  const previous = history.find(({ status }) => status === "SUPERSEDED");
  if (history.length === 0) return null;
  return (
    <Card withBorder mt="lg">
      <Group justify="space-between" mb="sm" gap="sm">
        <Title order={3} size="h4">
          Deployments
        </Title>
        {mayDeploy && previous && <GoBack to={deployedName(previous)} version={previous.model?.version?.version} />}
      </Group>
      <ol className={classes.history}>
        {history.map((deployment) => (
          <Entry key={deployment.id} deployment={deployment} />
        ))}
      </ol>
      {(data?.project.deployments.totalCount ?? 0) > history.length && (
        <Button variant="subtle" size="compact-sm" mt="xs" onClick={() => setFirst(first + FIRST_DEPLOYMENTS)}>
          Show earlier ones
        </Button>
      )}
    </Card>
  );
}

function Entry({ deployment }: { deployment: Deployment }) {
  return (
    <li>
      <Group gap="xs" align="center">
        <StatusChip status={deployment.status} />
        {deployment.model ? (
          <Anchor component={Link} to={`/models/${deployment.model.id}`} size="sm">
            {deployedName(deployment)}
          </Anchor>
        ) : (
          <Text size="sm">{deployedName(deployment)}</Text>
        )}
        <Text size="sm" c="dimmed">
          <When at={deployment.deployedAt} />
          {deployment.deployedBy ? ` by ${deployment.deployedBy.name}` : ""}
        </Text>
      </Group>
      {deployment.note && <Text size="sm">{deployment.note}</Text>}
      {deployment.failureReason && (
        <Text size="sm" c="var(--mantine-color-error)">
          {deployment.failureReason}
        </Text>
      )}
    </li>
  );
}

function GoBack({ to, version }: { to: string; version?: number }) {
  const project = useProject();
  const [asking, setAsking] = useState(false);
  const [rollback, busy] = useAction(ROLLBACK, (data) => data.rollbackDeployment);
  const label = version === undefined ? `Go back to ${to}` : `Go back to v${version}`;
  const run = async () => {
    const { payload } = await rollback({ projectId: project.id });
    setAsking(false);
    if (payload) tell(`Going back to ${to}.`);
  };
  return (
    <>
      <Button variant="default" size="xs" leftSection={<Undo2 size={14} aria-hidden />} onClick={() => setAsking(true)}>
        {label}
      </Button>
      <Dialog opened={asking} onClose={() => setAsking(false)} title={label}>
        <Stack>
          <Text size="sm">
            {to} detects again for {project.name} once it is loaded. The model of now stays, and can be deployed again.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)}>
              Cancel
            </Button>
            <Button onClick={run} loading={busy}>
              Go back
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}
