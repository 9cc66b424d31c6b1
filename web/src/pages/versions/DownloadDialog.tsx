import { Button, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { useInterval, useMediaQuery } from "@mantine/hooks";
import { FileDown } from "lucide-react";
import { useCallback } from "react";

import { graphql } from "../../api/generated";
import type { DatasetStatus, VersionDownloadQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { size } from "../../components/numbers";
import { QueryProblem } from "../../components/Problem";
import classes from "./detail/Download.module.css";
import { ExportRow } from "./detail/ExportRow";
import { EXPORT_FORMATS } from "./detail/exportFormats";
import { useVersionRights } from "./detail/versionRights";

const DOWNLOADS = graphql(`
  query VersionDownload($versionId: ID!) {
    version(id: $versionId) {
      id
      manifest {
        sizeBytes
        url
      }
      exports {
        id
        format
        status
        failureReason
        imageCount
        sizeBytes
        sha256
        createdAt
        url
      }
    }
  }
`);

export type Export = VersionDownloadQuery["version"]["exports"][number];

interface Downloadable {
  id: string;
  version: number;
  status: DatasetStatus;
}

/** An address is good for 15 minutes. */
const FRESH_MS = 10 * 60_000;

/** A version as a file: its manifest, or rendered in a format that other tools read. */
export default function DownloadDialog({
  version,
  opened,
  onClose,
}: {
  version: Downloadable;
  opened: boolean;
  onClose: () => void;
}) {
  const phone = useMediaQuery("(max-width: 48em)");
  return (
    <Modal opened={opened} onClose={onClose} title={`Download v${version.version}`} size={720} fullScreen={phone}>
      <Downloads version={version} />
    </Modal>
  );
}

function Downloads({ version }: { version: Downloadable }) {
  const { render } = useVersionRights();
  const [{ data, error }, execute] = useLiveQuery(DOWNLOADS, { versionId: version.id }, ["EXPORT_CHANGED"]);
  const refresh = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  useInterval(refresh, FRESH_MS, { autoInvoke: true });
  if (error && !data) return <QueryProblem error={error} retry={refresh} />;
  if (!data) return <Waiting />;
  const { manifest, exports } = data.version;
  const usable = version.status === "READY" || version.status === "TRAINING";
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        One zip file of pictures and labels, preprocessed and augmented as the version says. The same version and format give the
        same bytes.
      </Text>
      <ul className={classes.list}>
        {EXPORT_FORMATS.map((format) => (
          <ExportRow
            key={format.value}
            format={format}
            versionId={version.id}
            // The list is newest first.
            newest={exports.find((one) => one.format === format.value)}
            mayRender={render && usable}
            onChange={refresh}
          />
        ))}
      </ul>
      {manifest && <ManifestLink url={manifest.url} bytes={manifest.sizeBytes} />}
    </Stack>
  );
}

function ManifestLink({ url, bytes }: { url: string; bytes: number }) {
  return (
    <div className={classes.manifest}>
      <div>
        <Text fw={600}>Manifest</Text>
        <Text size="sm" c="dimmed">
          Every frozen image and annotation as JSON, {size(bytes)}. The originals come by the command{" "}
          <Text span size="sm" ff="monospace">
            agridrone version download
          </Text>
          .
        </Text>
      </div>
      <Button
        component="a"
        href={url}
        download="manifest.json"
        target="_blank"
        rel="noreferrer"
        variant="default"
        leftSection={<FileDown size={16} aria-hidden />}
        aria-label="Download the manifest"
      >
        Download
      </Button>
    </div>
  );
}

function Waiting() {
  return (
    <Stack role="status" aria-label="Loading">
      {EXPORT_FORMATS.map(({ value }) => (
        <Skeleton key={value} height={52} />
      ))}
    </Stack>
  );
}
