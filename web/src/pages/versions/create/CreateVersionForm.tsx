import { Button, Group, Select, Text, TextInput } from "@mantine/core";
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { useLocation } from "wouter";

import { useAction } from "../../../api/action";
import { byField } from "../../../api/errors";
import { useIdempotencyKey } from "../../../api/idempotencyKey";
import { useProject } from "../../../api/projectContext";
import { versionTitle } from "../detail/versionTitle";
import { AugmentationFields } from "./AugmentationFields";
import { CREATE } from "./documents";
import { FilterFields, type Batch } from "./FilterFields";
import { RECOMMENDED, type VersionSettings } from "./form";
import type { Source } from "./LivePicture";
import { Outcome } from "./Outcome";
import { PreprocessingFields } from "./PreprocessingFields";
import { FIELDS, MOST_NAME, problemsOf } from "./problems";
import { SourceData } from "./SourceData";
import { SplitFields } from "./SplitFields";
import { useVersionPreview } from "./useVersionPreview";
import { namedInput, versionInput } from "./versionInput";
import { versionSettings, type EarlierVersion } from "./versionSettings";
import classes from "./CreateVersionDialog.module.css";

const RECOMMENDATION = "recommended";

export function CreateVersionForm({
  earlier,
  batches,
  sources,
  onClose,
}: {
  earlier: readonly EarlierVersion[];
  batches: readonly Batch[];
  sources: readonly Source[];
  onClose: () => void;
}) {
  const project = useProject();
  const [displayName, setDisplayName] = useState("");
  const [start, setStart] = useState(earlier[0]?.id ?? RECOMMENDATION);
  const [settings, setSettings] = useState<VersionSettings>(() => settingsOf(earlier, start));
  const own = useMemo(() => problemsOf(settings), [settings]);
  const valid = Object.keys(own).length === 0;
  const input = useMemo(() => versionInput(project.id, settings), [project.id, settings]);
  const seen = useVersionPreview(valid ? input : null);
  const { submit, refused, busy } = useCreation(settings, displayName, valid);
  const problems = { ...byField(seen.problems, FIELDS), ...refused, ...own };
  const nameField = useRef<HTMLInputElement>(null);
  // The dialog looks for what to focus as it opens, before there is a form.
  useEffect(() => nameField.current?.focus(), []);
  const part = <Name extends keyof VersionSettings>(name: Name) => ({
    value: settings[name],
    change: (change: Partial<VersionSettings[Name]>) =>
      setSettings((before) => ({ ...before, [name]: { ...before[name], ...change } })),
    problems,
  });
  const startFrom = (picked: string) => {
    setStart(picked);
    setSettings(settingsOf(earlier, picked));
  };
  return (
    <form className={classes.form} onSubmit={submit} noValidate>
      <div className={classes.choices} role="region" aria-label="Choices" tabIndex={0}>
        <Group align="flex-start" grow preventGrowOverflow={false} py="md">
          <TextInput
            label="Name"
            placeholder="March 2025 Release"
            value={displayName}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
            error={problems.displayName}
            maxLength={MOST_NAME}
            miw={220}
            ref={nameField}
          />
          {earlier.length > 0 && <StartFrom earlier={earlier} value={start} onChange={startFrom} />}
        </Group>
        <SourceData preview={seen.preview} />
        <PreprocessingFields key={`preprocessing ${start}`} {...part("preprocessing")} />
        <AugmentationFields key={`augmentation ${start}`} {...part("augmentation")} preview={seen.preview} />
        <SplitFields key={`splits ${start}`} {...part("splits")} preview={seen.preview} />
        <FilterFields key={`filters ${start}`} {...part("filters")} batches={batches} />
      </div>
      <div className={classes.outcome} role="region" aria-label="What it will give" tabIndex={0}>
        <Outcome seen={seen} sources={sources} input={valid ? input : null} />
      </div>
      <div className={classes.foot}>
        <Text className={classes.wrong} size="sm" c="var(--mantine-color-error)" role="alert">
          {problems[""] ?? (valid ? "" : "Something above is not right yet; it says so in its place.")}
        </Text>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={busy}>
          Create Version
        </Button>
      </div>
    </form>
  );
}

function settingsOf(earlier: readonly EarlierVersion[], id: string): VersionSettings {
  const version = earlier.find((one) => one.id === id);
  return version ? versionSettings(version) : RECOMMENDED;
}

function StartFrom({
  earlier,
  value,
  onChange,
}: {
  earlier: readonly EarlierVersion[];
  value: string;
  onChange: (id: string) => void;
}) {
  return (
    <Select
      label="Start from"
      data={[
        ...earlier.map((one) => ({ value: one.id, label: `Settings of ${versionTitle(one)}` })),
        { value: RECOMMENDATION, label: "Recommended settings" },
      ]}
      value={value}
      onChange={(picked) => picked && onChange(picked)}
      allowDeselect={false}
      miw={220}
    />
  );
}

/** Sends it; leads to the version once it is begun, and else keeps everything and says what was refused. */
function useCreation(settings: VersionSettings, displayName: string, valid: boolean) {
  const { id } = useProject();
  const [, go] = useLocation();
  const keyOf = useIdempotencyKey();
  const [create, busy] = useAction(CREATE, (data) => data.createVersion, { say: false });
  const [refusal, setRefusal] = useState<{ of: string; problems: Record<string, string> } | null>(null);
  const input = namedInput(id, settings, displayName);
  const content = JSON.stringify(input);
  const sent = useRef(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (!valid) return form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    if (sent.current) return;
    sent.current = true;
    const { payload, problems } = await create({ input: { ...input, idempotencyKey: keyOf(input) } });
    sent.current = false;
    setRefusal({ of: content, problems: byField(problems, FIELDS) });
    if (payload?.version) go(`/versions/${payload.version.version}`, { replace: true });
  };
  // What was refused is no news of what it was changed to since.
  return { submit, busy, refused: refusal?.of === content ? refusal.problems : {} };
}
