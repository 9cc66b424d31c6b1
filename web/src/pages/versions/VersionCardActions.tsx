import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Download, GraduationCap } from "lucide-react";
import { lazy, Suspense } from "react";

import { VersionCardCompare } from "./VersionCardCompare";
import type { ListedVersion } from "./VersionCards";
import { useVersionRights } from "./detail/versionRights";

const TrainDialog = lazy(() => import("../training/TrainDialog"));
const DownloadDialog = lazy(() => import("./DownloadDialog"));

/** What can be done with a version that holds its data. */
export function VersionCardActions({ version }: { version: ListedVersion }) {
  const { train } = useVersionRights();
  const [training, trainDialog] = useDisclosure(false);
  const [downloading, downloadDialog] = useDisclosure(false);
  const { id, version: number, status } = version;
  if (!version.manifest) return null;
  return (
    <>
      {train && (status === "READY" || status === "TRAINING") && (
        <Button
          size="xs"
          variant="light"
          leftSection={<GraduationCap size={15} aria-hidden />}
          onClick={trainDialog.open}
          aria-label={`Train New Model from v${number}`}
        >
          Train New Model
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        leftSection={<Download size={15} aria-hidden />}
        onClick={downloadDialog.open}
        aria-label={`Download v${number}`}
      >
        Download
      </Button>
      <VersionCardCompare number={number} />
      <Suspense>
        {training && <TrainDialog versionId={id} versionNumber={number} opened onClose={trainDialog.close} />}
        {downloading && <DownloadDialog version={{ id, version: number, status }} opened onClose={downloadDialog.close} />}
      </Suspense>
    </>
  );
}
