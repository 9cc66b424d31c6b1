import { Button, Group, Switch, TextInput } from "@mantine/core";
import { useState, type FormEvent } from "react";

import { tell, useAction } from "../../api/action";
import { byField } from "../../api/errors";
import { useMay } from "../../api/projectContext";
import { Section } from "./Section";
import { UPDATE_PROJECT } from "./documents";
import type { SettingsOf } from "./SettingsPage";

/** The project's name, and what is switched on in it. A switch saves itself. */
export function ProjectSwitches({ settings }: { settings: SettingsOf }) {
  const mayChange = useMay("settings");
  const [name, setName] = useState(settings.name);
  const [problem, setProblem] = useState<string>();
  const [update, busy] = useAction(UPDATE_PROJECT, (data) => data.updateProject, { say: false });
  const [turn, turning] = useAction(UPDATE_PROJECT, (data) => data.updateProject);
  const rename = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await update({ input: { id: settings.id, name } });
    const found = byField(answer.problems, ["name"]);
    setProblem(found.name ?? found[""]);
    if (answer.payload) tell("Saved.");
  };
  return (
    <Section title="Project">
      <form onSubmit={rename}>
        <Group align="end" gap="sm">
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={problem}
            readOnly={!mayChange}
            maxLength={200}
            required
            style={{ flex: 1, minWidth: 200 }}
          />
          {mayChange && (
            <Button type="submit" variant="default" loading={busy} disabled={name === settings.name}>
              Rename
            </Button>
          )}
        </Group>
      </form>
      <Switch
        label="Dataset versions"
        description="Freeze the project into numbered versions, and train from them."
        checked={settings.features.datasetVersions}
        disabled={!mayChange || turning}
        onChange={(event) => turn({ input: { id: settings.id, datasetVersions: event.currentTarget.checked } })}
      />
      <Switch
        label="Detection on upload"
        description="The active model looks at every finished upload; what it finds waits for review."
        checked={settings.detectOnUpload}
        disabled={!mayChange || turning}
        onChange={(event) => turn({ input: { id: settings.id, detectOnUpload: event.currentTarget.checked } })}
      />
    </Section>
  );
}
