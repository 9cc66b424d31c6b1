import { Button, Group, Text } from "@mantine/core";
import { Download, PackagePlus, RotateCw } from "lucide-react";

import { useAction } from "../../../api/action";
import { graphql } from "../../../api/generated";
import { counted, size } from "../../../components/numbers";
import { Problem } from "../../../components/Problem";
import { When } from "../../../components/When";
import type { Export } from "../DownloadDialog";
import { CopyValue } from "./CopyValue";
import classes from "./Download.module.css";
import type { FormatWords } from "./exportFormats";
import { ExportProgress } from "./ExportProgress";

const EXPORT = graphql(`
  mutation VersionDownloadExport($id: ID!, $format: ExportFormat!) {
    exportVersion(id: $id, format: $format) {
      userErrors {
        code
        message
        field
      }
      export {
        id
        status
      }
    }
  }
`);

interface Row {
  format: FormatWords;
  versionId: string;
  newest: Export | undefined;
  mayRender: boolean;
  onChange: () => void;
}

/** One format: not rendered yet, being rendered, ready to be fetched, or failed. */
export function ExportRow({ format, versionId, newest, mayRender, onChange }: Row) {
  const [start, busy] = useAction(EXPORT, (data) => data.exportVersion);
  const make = async () => {
    const { payload } = await start({ id: versionId, format: format.value });
    if (payload) onChange();
  };
  const running = newest?.status === "QUEUED" || newest?.status === "RENDERING";
  const ready = newest?.status === "READY" && newest.url ? { ...newest, url: newest.url } : null;
  const idle = !ready && !running && newest?.status !== "FAILED";
  return (
    <li className={classes.format}>
      <Group justify="space-between" gap="sm" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          <Text fw={600}>{format.name}</Text>
          <Text size="sm" c="dimmed">
            {format.use}
          </Text>
        </div>
        {ready && <Fetch name={format.name} url={ready.url} />}
        {idle && <Offer name={format.name} mayRender={mayRender} busy={busy} onMake={make} />}
      </Group>
      {running && <ExportProgress exportId={newest.id} name={format.name} mayCancel={mayRender} onEnd={onChange} />}
      {ready && <Facts newest={ready} />}
      {newest?.status === "FAILED" && (
        <Problem
          title="This could not be rendered"
          action={
            mayRender && (
              <Button size="xs" h={32} variant="default" loading={busy} onClick={make} leftSection={<RotateCw size={14} aria-hidden />}>
                Try again
              </Button>
            )
          }
        >
          {newest.failureReason}
        </Problem>
      )}
    </li>
  );
}

function Offer({ name, mayRender, busy, onMake }: { name: string; mayRender: boolean; busy: boolean; onMake: () => void }) {
  if (!mayRender) {
    return (
      <Text size="sm" c="dimmed" style={{ flex: "none" }}>
        Not prepared
      </Text>
    );
  }
  return (
    <Button
      variant="light"
      loading={busy}
      onClick={onMake}
      leftSection={<PackagePlus size={16} aria-hidden />}
      aria-label={`Prepare ${name}`}
      style={{ flex: "none" }}
    >
      Prepare
    </Button>
  );
}

function Fetch({ name, url }: { name: string; url: string }) {
  return (
    <Button
      component="a"
      href={url}
      download
      leftSection={<Download size={16} aria-hidden />}
      aria-label={`Download ${name}`}
      style={{ flex: "none" }}
    >
      Download
    </Button>
  );
}

function Facts({ newest }: { newest: Export }) {
  return (
    <div className={classes.facts}>
      <Text size="sm" c="dimmed">
        {size(newest.sizeBytes)}, {counted(newest.imageCount, "picture")}, made <When at={newest.createdAt} />
      </Text>
      {newest.sha256 && (
        <Group gap={8} wrap="nowrap" miw={0}>
          <Text size="sm" c="dimmed" style={{ flex: "none" }}>
            SHA-256
          </Text>
          <CopyValue term="the zip file's SHA-256" value={newest.sha256} />
        </Group>
      )}
    </div>
  );
}
