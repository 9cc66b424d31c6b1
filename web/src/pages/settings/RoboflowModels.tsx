import { Button, Group, TagsInput } from "@mantine/core";
import { useState } from "react";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { useMay } from "../../api/projectContext";
import { Section } from "./Section";
import { UPDATE_PROJECT } from "./documents";
import type { SettingsOf } from "./SettingsPage";

/** The hosted models that may be chosen above. */
export function RoboflowModels({ settings }: { settings: SettingsOf }) {
  const mayChange = useMay("settings");
  const [names, setNames] = useState<string[]>(settings.roboflowModels);
  const [problem, setProblem] = useState<string>();
  const [update, busy] = useAction(UPDATE_PROJECT, (data) => data.updateProject, { say: false });
  const changed = names.join() !== settings.roboflowModels.join();
  const save = async () => {
    const answer = await update({ input: { id: settings.id, roboflowModels: names } });
    const found = byField(answer.problems, ["roboflowModels"]);
    setProblem(found.roboflowModels ?? found[""]);
    if (answer.payload) tell("Saved.");
  };
  return (
    <Section title="Roboflow models" about="Hosted models that the project may detect with, and fall back to.">
      <TagsInput
        label="Models"
        description="A project and its version, as pine-sapling-hqp-test/6. Enter adds one."
        value={names}
        onChange={setNames}
        error={problem}
        readOnly={!mayChange}
        placeholder={mayChange && names.length === 0 ? "pine-sapling-hqp-test/6" : undefined}
        acceptValueOnBlur
      />
      {mayChange && (
        <Group justify="flex-end">
          <Button variant="default" onClick={save} loading={busy} disabled={!changed}>
            Save models
          </Button>
        </Group>
      )}
    </Section>
  );
}
