import { Anchor, Box, Button, Card, Group, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { Download } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import { isNotFound } from "../../api/errors";
import type { ModelQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { useMay } from "../../api/projectContext";
import { NotFound } from "../../app/NotFound";
import { ClassName } from "../../components/ClassName";
import { MeanPrecision } from "../../components/MeanPrecision";
import { PageHead } from "../../components/PageHead";
import { QueryProblem } from "../../components/Problem";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { percent, size } from "../../components/numbers";
import { ConfusionMatrix } from "./ConfusionMatrix";
import { DeployDialog } from "./DeployDialog";
import { EvaluateDialog } from "./EvaluateDialog";
import { Evaluations } from "./Evaluations";
import { NewestDeployment } from "./NewestDeployment";
import { PerClass } from "./PerClass";
import { Plots } from "./Plots";
import { MODEL } from "./documents";
import { baseModelName } from "../training/baseModels";
import { measuredOn } from "./listedModel";

export type OneModel = ModelQuery["model"];

/** One model: how good it is and on what, where it came from, what can be had of it. */
export default function ModelPage({ modelId }: { modelId: string }) {
  const [{ data, error }, execute] = useLiveQuery(MODEL, { id: modelId }, ["EVALUATION_CHANGED", "DEPLOYMENT_CHANGED"]);
  const mayDeploy = useMay("deploy");
  const [doing, setDoing] = useState<"deploy" | "evaluate" | null>(null);
  if (error && !data) {
    if (isNotFound(error)) return <NotFound what="model" />;
    return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  }
  if (!data) return <Skeleton height={420} />;
  const { model } = data;
  return (
    <>
      <PageHead title={model.name} aside={model.deployed && <StatusChip status="ACTIVE" />}>
        {mayDeploy && !model.deployed && <Button onClick={() => setDoing("deploy")}>Deploy</Button>}
        {mayDeploy && (
          <Button variant="default" onClick={() => setDoing("evaluate")}>
            Evaluate
          </Button>
        )}
        <Button component="a" href={model.weightsUrl} variant="default" leftSection={<Download size={16} aria-hidden />}>
          Weights, {size(model.sizeBytes)}
        </Button>
      </PageHead>
      <NewestDeployment />
      <Stack gap="lg">
        <Figures model={model} />
        <Origin model={model} />
        <Evaluations model={model} />
        {model.metrics && <PerClass rows={model.metrics.perClass} />}
        {model.metrics?.confusion && <ConfusionMatrix counts={model.metrics.confusion} classes={model.classes} />}
        {model.plots.length > 0 && <Plots plots={model.plots} />}
        <Files model={model} />
      </Stack>
      {doing === "deploy" && <DeployDialog model={model} onClose={() => setDoing(null)} />}
      {doing === "evaluate" && <EvaluateDialog model={model} onClose={() => setDoing(null)} />}
    </>
  );
}

function Figures({ model }: { model: OneModel }) {
  const { metrics } = model;
  const others: [string, number | undefined][] = [
    ["mAP50-95", metrics?.mAP5095],
    ["Precision", metrics?.precision],
    ["Recall", metrics?.recall],
  ];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      <Card withBorder>
        <MeanPrecision value={metrics?.mAP50} on={measuredOn(model)} images={model.version?.splitCounts.val} />
      </Card>
      {others.map(([name, value]) => (
        <Card withBorder key={name}>
          <Text fw={600}>{percent(value)}</Text>
          <Text size="xs" c="dimmed">
            {name}
          </Text>
        </Card>
      ))}
    </SimpleGrid>
  );
}

function Origin({ model }: { model: OneModel }) {
  return (
    <Box>
      <Title order={3} size="h4" mb={6}>
        Where it came from
      </Title>
      <Text size="sm">
        {model.baseModel ? baseModelName(model.baseModel) : "Unknown architecture"}, {model.imported ? "brought from outside" : "trained"} <When at={model.createdAt} />
        {model.version && (
          <>
            {" from "}
            <Anchor component={Link} underline="always" to={`/versions/${model.version.version}`} size="sm">
              v{model.version.version}
              {model.version.displayName ? ` - ${model.version.displayName}` : ""}
            </Anchor>
          </>
        )}
        {model.parent && (
          <>
            {", starting from "}
            <Anchor component={Link} underline="always" to={`/models/${model.parent.id}`} size="sm">
              {model.parent.name}
            </Anchor>
          </>
        )}
        {model.trainingJob && (
          <>
            {" · "}
            <Anchor component={Link} underline="always" to={`/training/${model.trainingJob.id}`} size="sm">
              its training, {model.trainingJob.config.epochs} epochs at {model.trainingJob.config.imageSize} pixels
            </Anchor>
          </>
        )}
      </Text>
      {model.children.length > 0 && (
        <Text size="sm">
          {"Others started from it: "}
          {model.children.map((child, index) => (
            <span key={child.id}>
              {index > 0 && ", "}
              <Anchor component={Link} underline="always" to={`/models/${child.id}`} size="sm">
                {child.name}
              </Anchor>
            </span>
          ))}
        </Text>
      )}
      <Group gap="md" mt={6}>
        {model.classes.map((name) => (
          <ClassName key={name} name={name} />
        ))}
      </Group>
    </Box>
  );
}

function Files({ model }: { model: OneModel }) {
  return (
    <Box>
      <Title order={3} size="h4" mb={6}>
        Files
      </Title>
      <Stack gap={4}>
        <Group gap="sm">
          <Anchor href={model.weightsUrl} size="sm">
            {model.name}
          </Anchor>
          <Text size="sm" c="dimmed">
            {size(model.sizeBytes)}
          </Text>
        </Group>
        {model.files.map((file) => (
          <Group gap="sm" key={file.name}>
            <Anchor href={file.url} size="sm">
              {file.name}
            </Anchor>
            <Text size="sm" c="dimmed">
              {size(file.sizeBytes)}
            </Text>
          </Group>
        ))}
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          SHA-256 of the weights: {model.sha256 ?? "–"}
        </Text>
      </Stack>
    </Box>
  );
}
