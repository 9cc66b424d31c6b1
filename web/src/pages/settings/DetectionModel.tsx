import { Button, Group, Radio, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { InferenceBackend } from "../../api/generated/graphql";
import { useMay } from "../../api/projectContext";
import { When } from "../../components/When";
import { counted, percent } from "../../components/numbers";
import { NewestDeployment } from "../models/NewestDeployment";
import { useNewestDeployment } from "../models/deployments";
import { Section } from "./Section";
import { UPDATE_PROJECT } from "./documents";
import type { SettingsOf } from "./SettingsPage";

type InferenceModel = SettingsOf["inferenceModels"][number];

const BACKENDS: { value: InferenceBackend; label: string; about: string }[] = [
  { value: "AUTO", label: "Automatic (Recommended)", about: "Local GPU hosts answer, and Roboflow where they cannot." },
  { value: "LOCAL", label: "Local", about: "The local GPU hosts answer, or nobody does." },
  { value: "ROBOFLOW", label: "Roboflow", about: "Roboflow answers; images leave this installation." },
];

/** Which model detects in the project, and where. Saving another model deploys it. */
export function DetectionModel({ settings }: { settings: SettingsOf }) {
  const mayDeploy = useMay("deploy");
  const now = settings.inferenceModels.find(({ active }) => active)?.id ?? null;
  const newest = useNewestDeployment();
  const coming = newest?.status === "PENDING" ? newest : undefined;
  const asked =
    settings.inferenceModels.find(({ id, name }) => coming && (id === coming.model?.id || name === coming.roboflowModel))
      ?.id ?? now;
  const [picked, setPicked] = useState<string | null>(null);
  const model = picked ?? asked;
  const [backend, setBackend] = useState<InferenceBackend>(settings.inferenceBackend);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [update, busy] = useAction(UPDATE_PROJECT, (data) => data.updateProject, { say: false });
  const changed = model !== asked || backend !== settings.inferenceBackend;
  const save = async () => {
    const chosen = settings.inferenceModels.find(({ id }) => id === model);
    const answer = await update({
      input: {
        id: settings.id,
        ...(backend !== settings.inferenceBackend && { inferenceBackend: backend }),
        ...(chosen && model !== asked && choiceOf(chosen)),
      },
    });
    setProblems(byField(answer.problems, ["activeModelId", "activeRoboflowModel", "inferenceBackend"]));
    if (answer.payload) {
      tell(chosen && model !== asked ? `Saved. ${chosen.name} is being loaded and checked.` : "Saved.");
    }
  };
  return (
    <Section title="Detection Model Settings">
      <NewestDeployment />
      <Radio.Group
        label="Active Model for AI Detection:"
        value={model}
        onChange={setPicked}
        error={problems.activeModelId ?? problems.activeRoboflowModel}
      >
        <Stack gap="sm" mt="xs">
          {settings.inferenceModels.map((one) => (
            <ModelRadio key={one.id} model={one} settings={settings} disabled={!mayDeploy} />
          ))}
          {settings.inferenceModels.length === 0 && (
            <Text size="sm" c="dimmed">
              No model yet: train one from a version, or add a Roboflow model below.
            </Text>
          )}
        </Stack>
      </Radio.Group>
      <Select
        label="Inference Backend:"
        description={BACKENDS.find(({ value }) => value === backend)?.about}
        inputWrapperOrder={["label", "input", "description", "error"]}
        data={BACKENDS.map(({ value, label }) => ({ value, label }))}
        value={backend}
        onChange={(value) => value && setBackend(value as InferenceBackend)}
        error={problems.inferenceBackend}
        allowDeselect={false}
        readOnly={!mayDeploy}
        maw={360}
      />
      {problems[""] && (
        <Text size="sm" c="var(--mantine-color-error)" role="alert">
          {problems[""]}
        </Text>
      )}
      {mayDeploy && (
        <Group justify="flex-end">
          <Button onClick={save} loading={busy} disabled={!changed}>
            Save Changes
          </Button>
        </Group>
      )}
    </Section>
  );
}

function choiceOf({ id, name, backend }: InferenceModel): { activeModelId?: string; activeRoboflowModel?: string } {
  return backend === "ROBOFLOW" ? { activeRoboflowModel: name } : { activeModelId: id };
}

function ModelRadio({ model, settings, disabled }: { model: InferenceModel; settings: SettingsOf; disabled: boolean }) {
  const trained = settings.models.nodes.find(({ id }) => id === model.id);
  const hosted = model.backend === "ROBOFLOW";
  return (
    <Radio
      value={model.id}
      disabled={disabled || !model.available}
      label={hosted ? `Roboflow: ${model.name}` : `${model.name} (Local)`}
      description={
        <>
          {model.mAP50 != null && `${percent(model.mAP50)} mAP`}
          {model.mAP50 != null && trained?.version && ` on v${trained.version.version} val, ${counted(trained.version.splitCounts.val, "image")}`}
          {hosted && `${model.mAP50 == null ? "" : " | "}Roboflow hosted`}
          {trained && (
            <>
              {model.mAP50 == null ? "" : " | "}Trained <When at={trained.createdAt} dated />
              {trained.version && ` | From v${trained.version.version}`}
            </>
          )}
          {!model.available && " | Not available now"}
        </>
      }
    />
  );
}
