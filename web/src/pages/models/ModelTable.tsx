import { Anchor, Button, Checkbox, Group, Table, Text } from "@mantine/core";
import { useState } from "react";
import { Link } from "wouter";

import { useMay } from "../../api/projectContext";
import { MeanPrecision } from "../../components/MeanPrecision";
import { StackedTable } from "../../components/StackedTable";
import { StatusChip } from "../../components/StatusChip";
import { When } from "../../components/When";
import { percent } from "../../components/numbers";
import { DeployDialog } from "./DeployDialog";
import { EvaluateDialog } from "./EvaluateDialog";
import { baseModelName } from "../training/baseModels";
import { measuredOn, type ListedModel } from "./listedModel";

interface Doing {
  what: "deploy" | "evaluate";
  model: ListedModel;
}

export function ModelTable({
  models,
  chosen,
  onChoose,
}: {
  models: readonly ListedModel[];
  chosen: readonly string[];
  onChoose: (ids: readonly string[]) => void;
}) {
  const [doing, setDoing] = useState<Doing | null>(null);
  const stop = () => setDoing(null);
  return (
    <>
      <StackedTable highlightOnHover>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Compare</Table.Th>
              <Table.Th>Model</Table.Th>
              <Table.Th>mAP</Table.Th>
              <Table.Th>Precision · recall</Table.Th>
              <Table.Th>Started from</Table.Th>
              <Table.Th>Trained</Table.Th>
              <Table.Th>Actions</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {models.map((model) => (
              <Row
                key={model.id}
                model={model}
                chosen={chosen.includes(model.id)}
                onChoose={(on) => onChoose(on ? [...chosen, model.id] : chosen.filter((id) => id !== model.id))}
                onDo={(what) => setDoing({ what, model })}
              />
            ))}
          </Table.Tbody>
      </StackedTable>
      {doing?.what === "deploy" && <DeployDialog model={doing.model} onClose={stop} />}
      {doing?.what === "evaluate" && <EvaluateDialog model={doing.model} onClose={stop} />}
    </>
  );
}

function Row({
  model,
  chosen,
  onChoose,
  onDo,
}: {
  model: ListedModel;
  chosen: boolean;
  onChoose: (on: boolean) => void;
  onDo: (what: Doing["what"]) => void;
}) {
  const mayDeploy = useMay("deploy");
  return (
    <Table.Tr>
      <Table.Td data-label="Compare">
        <Checkbox
          size="md"
          checked={chosen}
          onChange={(event) => onChoose(event.currentTarget.checked)}
          aria-label={`Compare ${model.name}`}
        />
      </Table.Td>
      <Table.Td data-whole>
        <Group gap="xs">
          <Anchor component={Link} to={`/models/${model.id}`} fw={600} size="sm">
            {model.name}
          </Anchor>
          {model.deployed && <StatusChip status="ACTIVE" />}
        </Group>
        <Text size="xs" c="dimmed">
          {model.baseModel ? baseModelName(model.baseModel) : "Unknown architecture"}
          {model.version ? `, from v${model.version.version}` : ", imported"}
        </Text>
      </Table.Td>
      <Table.Td data-whole>
        <MeanPrecision value={model.metrics?.mAP50} on={measuredOn(model)} images={model.version?.splitCounts.val} />
      </Table.Td>
      <Table.Td data-label="Precision · recall">
        <Text size="sm" style={{ whiteSpace: "nowrap" }}>
          {percent(model.metrics?.precision)} · {percent(model.metrics?.recall)}
        </Text>
      </Table.Td>
      <Table.Td data-label="Started from" style={{ overflowWrap: "anywhere" }}>
        {model.parent ? (
          <Anchor component={Link} to={`/models/${model.parent.id}`} size="sm">
            {model.parent.name}
          </Anchor>
        ) : (
          <Text size="sm" c="dimmed">
            {model.imported ? "–" : "No checkpoint"}
          </Text>
        )}
      </Table.Td>
      <Table.Td data-label={model.imported ? "Imported" : "Trained"}>
        <Text size="sm">
          <When at={model.createdAt} />
        </Text>
      </Table.Td>
      <Table.Td>
        {mayDeploy && (
          <Group gap={6} wrap="nowrap">
            {!model.deployed && (
              <Button size="xs" onClick={() => onDo("deploy")} aria-label={`Deploy ${model.name}`}>
                Deploy
              </Button>
            )}
            <Button
              size="xs"
              variant="default"
              onClick={() => onDo("evaluate")}
              aria-label={`Evaluate ${model.name}`}
            >
              Evaluate
            </Button>
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
