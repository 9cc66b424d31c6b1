import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useQuery } from "urql";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { Split } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { Dialog } from "../../components/Dialog";
import { counted } from "../../components/numbers";
import { EVALUATE, READY_VERSIONS } from "./documents";

/** Measures a model on the frozen images of a version's split. */
export function EvaluateDialog({ model, onClose }: { model: { id: string; name: string }; onClose: () => void }) {
  const project = useProject();
  const [{ data }] = useQuery({ query: READY_VERSIONS, variables: { id: project.id } });
  const [versionId, setVersionId] = useState<string | null>(null);
  const [split, setSplit] = useState<Split>("TEST");
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [evaluate, busy] = useAction(EVALUATE, (answer) => answer.evaluateModel, { say: false });
  const versions = data?.project.versions.nodes.filter(({ status }) => status === "READY" || status === "TRAINING") ?? [];
  const version = versions.find(({ id }) => id === versionId) ?? versions[0];
  const submit = async () => {
    if (!version) return;
    const answer = await evaluate({ modelId: model.id, versionId: version.id, split });
    setProblems(byField(answer.problems, ["versionId", "split"]));
    if (!answer.payload) return;
    tell(`${model.name} is measured on v${version.version}; the figures appear on its page.`);
    onClose();
  };
  return (
    <Dialog opened onClose={onClose} title={`Evaluate ${model.name}`}>
      <Stack>
        <Select
          label="On version"
          data={versions.map((one) => ({
            value: one.id,
            label: `v${one.version}${one.displayName ? ` - ${one.displayName}` : ""}`,
          }))}
          value={version?.id ?? null}
          onChange={setVersionId}
          error={problems.versionId}
          allowDeselect={false}
          placeholder="No version is ready"
        />
        <Select
          label="Split"
          data={(["TEST", "VAL", "TRAIN"] as const).map((one) => ({
            value: one,
            label: `${{ TEST: "Test", VAL: "Val", TRAIN: "Train" }[one]}${
              version ? `, ${counted(version.splitCounts[{ TEST: "test", VAL: "val", TRAIN: "train" }[one] as "test"], "image")}` : ""
            }`,
          }))}
          value={split}
          onChange={(value) => setSplit((value ?? "TEST") as Split)}
          error={problems.split}
          allowDeselect={false}
        />
        <Text size="sm" c="dimmed">
          Images that the model was trained on are counted: a figure that they flatter says so.
        </Text>
        {problems[""] && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {problems[""]}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={submit} loading={busy} disabled={!version}>
            Evaluate
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
