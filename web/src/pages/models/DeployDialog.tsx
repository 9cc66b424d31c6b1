import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { InferenceBackend } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { Dialog } from "../../components/Dialog";
import { DEPLOY } from "./documents";

/** Has the project detect with the model, once it was loaded and answered. */
export function DeployDialog({ model, onClose }: { model: { id: string; name: string }; onClose: () => void }) {
  const project = useProject();
  const [note, setNote] = useState("");
  const [backend, setBackend] = useState("");
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [deploy, busy] = useAction(DEPLOY, (data) => data.deployModel, { say: false });
  const before = project.activeModel?.name ?? project.activeRoboflowModel;
  const submit = async () => {
    const answer = await deploy({
      input: {
        projectId: project.id,
        model: { modelId: model.id },
        note: note.trim() || null,
        backend: (backend || null) as InferenceBackend | null,
      },
    });
    setProblems(byField(answer.problems, ["backend", "note"]));
    if (!answer.payload) return;
    tell(`${model.name} is being loaded and checked.`);
    onClose();
  };
  return (
    <Dialog opened onClose={onClose} title={`Deploy ${model.name}`}>
      <Stack>
        <Text size="sm">
          The model is loaded and asked once; then it detects for {project.name}.
          {before ? ` Until then ${before} goes on answering, and you can go back to it at any time.` : ""}
        </Text>
        <Select
          label="Backend"
          data={[
            { value: "", label: "As the project says" },
            { value: "AUTO", label: "Automatic: local, Roboflow where local cannot answer" },
            { value: "LOCAL", label: "Local only" },
          ]}
          value={backend}
          onChange={(value) => setBackend(value ?? "")}
          error={problems.backend}
          allowDeselect={false}
        />
        <TextInput
          label="Note"
          placeholder="Why this one, for those who look at the history"
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          error={problems.note}
        />
        {problems[""] && (
          <Text size="sm" c="var(--mantine-color-error)" role="alert">
            {problems[""]}
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button onClick={submit} loading={busy} data-autofocus>
            Deploy
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
