import { Button, Card, Group, Loader, Progress, Text } from "@mantine/core";

import { useAction } from "../../api/action";
import type { ModelChoice } from "../../api/generated/graphql";
import { useMay, useProject } from "../../api/projectContext";
import { Problem } from "../../components/Problem";
import { When } from "../../components/When";
import { DEPLOY } from "./documents";
import { deployedName, useNewestDeployment, type Deployment } from "./deployments";
import classes from "./NewestDeployment.module.css";

/** A model that is on its way to detect, or that did not make it; nothing where the newest one detects. */
export function NewestDeployment() {
  const newest = useNewestDeployment();
  return (
    <div role="status" className={classes.place}>
      {newest?.status === "PENDING" && <Pending deployment={newest} />}
      {newest?.status === "FAILED" && <Failed deployment={newest} />}
    </div>
  );
}

function Pending({ deployment }: { deployment: Deployment }) {
  const project = useProject();
  const now = project.activeModel?.name ?? project.activeRoboflowModel;
  return (
    <Card withBorder padding="sm">
      <Group gap="sm" wrap="nowrap" align="start">
        <Loader size="sm" mt={2} />
        <div style={{ flex: 1, minWidth: 0 }}>
          <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
            Deploying {deployedName(deployment)}
          </Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            It is loaded and asked once, since <When at={deployment.deployedAt} />.
            {now && ` Until it has answered, ${now} goes on.`}
          </Text>
          <Progress value={100} animated size="sm" mt={8} aria-label="Deploying" />
        </div>
      </Group>
    </Card>
  );
}

function Failed({ deployment }: { deployment: Deployment }) {
  const project = useProject();
  const mayDeploy = useMay("deploy");
  const [deploy, busy] = useAction(DEPLOY, (data) => data.deployModel);
  const choice = choiceOf(deployment);
  return (
      <Problem
      title={`${deployedName(deployment)} was not deployed`}
      action={
        mayDeploy &&
        choice && (
          <Button
            size="xs"
            variant="default"
            loading={busy}
            onClick={() =>
              deploy({
                input: {
                  projectId: project.id,
                  model: choice,
                  note: deployment.note ?? null,
                  backend: deployment.backend ?? null,
                },
              })
            }
          >
            Try again
          </Button>
        )
      }
    >
      {deployment.failureReason}
    </Problem>
  );
}

function choiceOf({ model, roboflowModel }: Deployment): ModelChoice | null {
  if (model) return { modelId: model.id };
  return roboflowModel ? { roboflowModel } : null;
}
