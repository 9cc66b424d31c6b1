import { Button, Card, Group, Skeleton, Stack, Text, Title } from "@mantine/core";
import { BrainCircuit, GitCompareArrows } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import { useLiveQuery } from "../../api/live";
import { useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { DeploymentHistory } from "./DeploymentHistory";
import { Lineage } from "./Lineage";
import { ModelTable } from "./ModelTable";
import { NewestDeployment } from "./NewestDeployment";
import { MODELS } from "./documents";

const KINDS = ["MODEL_CREATED", "DEPLOYMENT_CHANGED", "EVALUATION_CHANGED", "TRAINING_CHANGED"] as const;
const MOST_COMPARED = 4;

/** The project's models: where each came from, how good it is, which one detects. */
export default function ModelsPage() {
  const { id } = useProject();
  const [after, setAfter] = useState<string>();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [{ data, error }, execute] = useLiveQuery(MODELS, { id, after }, KINDS);
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) return <Skeleton height={320} />;
  const { nodes: models, pageInfo, totalCount } = data.project.models;
  return (
    <>
      <PageHead title="Models">
        {totalCount > 1 && (
          <Button
            component={Link}
            to={`/models/compare?ids=${chosen.join()}`}
            variant="default"
            leftSection={<GitCompareArrows size={16} aria-hidden />}
          >
            {chosen.length > 1 ? `Compare ${chosen.length} models` : "Compare"}
          </Button>
        )}
      </PageHead>
      <NewestDeployment />
      {totalCount === 0 ? (
        <EmptyState
          icon={BrainCircuit}
          title="No model yet"
          action={
            <Button component={Link} to="/versions">
              Go to the versions
            </Button>
          }
        >
          A model appears here when a training from a dataset version has finished.
        </EmptyState>
      ) : (
        <Stack gap="lg">
          <Card withBorder>
            <Title order={3} size="h4" mb="sm">
              Lineage
            </Title>
            <Lineage models={models} />
          </Card>
          {totalCount > 1 && (
            <Text size="sm" c="dimmed" mb={-12}>
              Tick two to four models to compare them on the same test images.
            </Text>
          )}
          <ModelTable
            models={models}
            chosen={chosen}
            onChoose={(next) => setChosen(next.slice(-MOST_COMPARED))}
          />
          <Group justify="center">
            {after !== undefined && (
              <Button variant="default" onClick={() => setAfter(undefined)}>
                Newest models
              </Button>
            )}
            {pageInfo.hasNextPage && (
              <Button variant="default" onClick={() => setAfter(pageInfo.endCursor ?? undefined)}>
                Older models
              </Button>
            )}
          </Group>
        </Stack>
      )}
      <DeploymentHistory />
    </>
  );
}
