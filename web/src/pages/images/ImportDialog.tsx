import { Button, FileInput, Group, Modal, Progress, Select, Stack, Switch, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { FileUp } from "lucide-react";
import { useState } from "react";

import type { ExportFormat } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { counted, size } from "../../components/numbers";
import { ImportResult } from "./ImportResult";
import { IMPORT_FORMATS, likelyFormat } from "./importFormats";
import { useImport, type ImportStep } from "./useImport";

/** Brings in annotations that were made elsewhere, for images that the project has. */
export function ImportDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  return (
    <Modal opened={opened} onClose={onClose} title="Import annotations" size="lg" fullScreen={phone} closeOnClickOutside={false}>
      <Import onClose={onClose} />
    </Modal>
  );
}

function Import({ onClose }: { onClose: () => void }) {
  const { step, start, again } = useImport();
  if (step.at === "over") return <ImportResult job={step.job} onAgain={again} onClose={onClose} />;
  return <Choices step={step} onStart={start} onClose={onClose} />;
}

function Choices({
  step,
  onStart,
  onClose,
}: {
  step: ImportStep;
  onStart: ReturnType<typeof useImport>["start"];
  onClose: () => void;
}) {
  const { id: projectId } = useProject();
  const [file, setFile] = useState<File | null>(null);
  const [format, setFormat] = useState<ExportFormat>("COCO");
  const [keepSplits, setKeepSplits] = useState(false);
  const busy = step.at !== "choosing";
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        Each object goes to the image of this project whose file name it bears. Upload the images first; the same file
        twice adds nothing.
      </Text>
      <FileInput
        label="File"
        placeholder="Choose a .zip, .json, .csv or .xml file"
        leftSection={<FileUp size={16} aria-hidden />}
        accept=".zip,.json,.csv,.xml"
        value={file}
        onChange={(chosen) => {
          setFile(chosen);
          if (chosen) setFormat(likelyFormat(chosen.name));
        }}
        disabled={busy}
        styles={{ placeholder: { color: "var(--mantine-color-dimmed)" } }}
        clearable
        clearButtonProps={{ "aria-label": "Choose another file" }}
        error={step.at === "choosing" ? step.problem : undefined}
      />
      <Select
        label="Format"
        description={IMPORT_FORMATS.find(({ value }) => value === format)?.file}
        data={IMPORT_FORMATS.map(({ value, label }) => ({ value, label }))}
        value={format}
        onChange={(value) => value && setFormat(value as ExportFormat)}
        allowDeselect={false}
        disabled={busy}
      />
      <Switch
        label="Keep the file's train, valid and test folders"
        description="A version can then split the images as the data set did."
        checked={keepSplits}
        onChange={(event) => setKeepSplits(event.currentTarget.checked)}
        disabled={busy}
      />
      {busy && <Going step={step} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {step.at === "importing" ? "Close, go on in the background" : "Cancel"}
        </Button>
        <Button
          loading={busy}
          disabled={file === null}
          onClick={() => file && void onStart({ projectId, file, format, keepSplits })}
        >
          Import annotations
        </Button>
      </Group>
    </Stack>
  );
}

function Going({ step }: { step: ImportStep }) {
  const [value, text] = progress(step);
  return (
    <div role="status">
      <Progress value={value} animated size="lg" aria-label="Import" />
      <Text size="sm" c="dimmed" mt={6}>
        {text}
      </Text>
    </div>
  );
}

function progress(step: ImportStep): [value: number, text: string] {
  switch (step.at) {
    case "reading":
      return [100, "Reading the file"];
    case "sending":
      return [(100 * step.sent) / Math.max(step.total, 1), `${size(step.sent)} of ${size(step.total)} sent`];
    case "importing":
      return step.total > 0
        ? [(100 * step.done) / step.total, `${step.done.toLocaleString("en")} of ${counted(step.total, "object")}`]
        : [100, "Waiting for a worker"];
    default:
      return [0, ""];
  }
}

