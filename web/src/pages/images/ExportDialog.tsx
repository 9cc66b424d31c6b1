import { Button, Group, Modal, MultiSelect, NumberInput, SegmentedControl, Select, Stack, Switch, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Download } from "lucide-react";
import { useState, type FormEvent } from "react";

import { useAction } from "../../api/action";
import { byField } from "../../api/errors";
import type { AnnotationFileFormat, ImagesExportMutation } from "../../api/generated/graphql";
import { useProject } from "../../api/projectContext";
import { counted, size } from "../../components/numbers";
import { EXPORT_ANNOTATIONS } from "./documents";

const FORMATS: { value: AnnotationFileFormat; label: string; about: string }[] = [
  { value: "GEOJSON", label: "GeoJSON", about: "Map coordinates, for a GIS. Only what was placed on the map has any." },
  { value: "CSV", label: "CSV", about: "One row for each annotation, for a spreadsheet." },
  { value: "COCO", label: "COCO", about: "Boxes and polygons in pixels, for other annotation tools." },
];

type Exported = ImagesExportMutation["exportAnnotations"];

interface Props {
  opened: boolean;
  batches: readonly { id: string; name: string }[];
  batch: string | null;
  onClose: () => void;
}

/** The annotations as they are now, as one file. */
export function ExportDialog({ opened, onClose, ...choices }: Props) {
  const phone = useMediaQuery("(max-width: 48em)") ?? false;
  return (
    <Modal opened={opened} onClose={onClose} title="Export annotations" fullScreen={phone}>
      <Form {...choices} />
    </Modal>
  );
}

function Form({ batches, batch: first }: Pick<Props, "batches" | "batch">) {
  const project = useProject();
  const [format, setFormat] = useState<AnnotationFileFormat>("GEOJSON");
  const [batch, setBatch] = useState(first);
  const [classNames, setClassNames] = useState<string[]>([]);
  const [least, setLeast] = useState<number | string>("");
  const [includePending, setIncludePending] = useState(false);
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [exported, setExported] = useState<{ of: string; file: Exported } | null>(null);
  const [write, busy] = useAction(EXPORT_ANNOTATIONS, (data) => data.exportAnnotations, { say: false });
  const input = {
    projectId: project.id,
    format,
    uploadBatchId: batch,
    classNames: classNames.length > 0 ? classNames : null,
    minConfidence: least === "" ? null : Number(least) / 100,
    includePending,
  };
  const asked = JSON.stringify(input);
  // What was changed since is not in the file.
  const made = exported?.of === asked ? exported.file : null;
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const { payload, problems: found } = await write({ input });
    setProblems(byField(found, ["uploadBatchId", "classNames", "minConfidence"]));
    setExported(payload && { of: asked, file: payload });
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack>
        <div>
          <SegmentedControl
            fullWidth
            aria-label="Format"
            data={FORMATS.map(({ value, label }) => ({ value, label }))}
            value={format}
            onChange={(value) => setFormat(value as AnnotationFileFormat)}
          />
          <Text size="sm" c="dimmed" mt={6}>
            {FORMATS.find(({ value }) => value === format)?.about}
          </Text>
        </div>
        <Select
          label="Upload"
          placeholder="All uploads"
          data={batches.map(({ id, name }) => ({ value: id, label: name }))}
          value={batch}
          onChange={setBatch}
          error={problems.uploadBatchId}
          clearable
          clearButtonProps={{ "aria-label": "All uploads" }}
        />
        <MultiSelect
          label="Classes"
          placeholder={classNames.length === 0 ? "All classes" : undefined}
          data={project.classCounts.map(({ name }) => name)}
          value={classNames}
          onChange={setClassNames}
          error={problems.classNames}
        />
        <NumberInput
          label="Least confidence"
          description="Of what models found; drawn annotations always pass."
          placeholder="Any"
          suffix=" %"
          min={0}
          max={100}
          value={least}
          onChange={setLeast}
          error={problems.minConfidence ?? problems[""]}
        />
        <Switch
          label="With what waits for review, marked as pending"
          checked={includePending}
          onChange={(event) => setIncludePending(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          {made?.url && (
            <Text size="sm" role="status">
              {counted(made.count, "annotation")}, {size(made.sizeBytes)}
            </Text>
          )}
          {made?.url ? (
            <Button component="a" href={made.url} download leftSection={<Download size={16} aria-hidden />}>
              Download
            </Button>
          ) : (
            <Button type="submit" loading={busy}>
              Export
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
