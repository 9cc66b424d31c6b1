import { Button, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Download, GitCompareArrows, GraduationCap } from "lucide-react";
import { lazy, Suspense } from "react";
import { Link } from "wouter";

import { useProject } from "../../../api/projectContext";
import { PageHead } from "../../../components/PageHead";
import { StatusChip } from "../../../components/StatusChip";
import { When } from "../../../components/When";
import type { Version } from "./documents";
import { VersionMenu } from "./VersionMenu";
import { useVersionRights } from "./versionRights";
import { versionTitle } from "./versionTitle";

const TrainDialog = lazy(() => import("../../training/TrainDialog"));
const DownloadDialog = lazy(() => import("../DownloadDialog"));

export function VersionHead({ version }: { version: Version }) {
  return (
    <div>
      <PageHead title={versionTitle(version)} aside={<VersionChip version={version} />}>
        <Actions version={version} />
      </PageHead>
      <Text size="sm" c="dimmed" mt={-8}>
        Created <When at={version.createdAt} /> {version.createdBy ? `by ${version.createdBy.name} ` : ""}· {version.name}
      </Text>
    </div>
  );
}

function VersionChip({ version }: { version: Version }) {
  const [job] = version.trainingJobs.nodes;
  const detail = version.status === "TRAINING" && job ? `${job.epoch}/${job.config.epochs}` : undefined;
  return <StatusChip status={version.status} detail={detail} />;
}

function Actions({ version }: { version: Version }) {
  const { nextVersionNumber } = useProject();
  const { train, manage } = useVersionRights();
  const [training, trainDialog] = useDisclosure(false);
  const [downloading, downloadDialog] = useDisclosure(false);
  const usable = version.status === "READY" || version.status === "TRAINING";
  const other = version.version > 1 ? version.version - 1 : 2;
  return (
    <>
      {train && usable && (
        <Button leftSection={<GraduationCap size={16} aria-hidden />} onClick={trainDialog.open}>
          Train New Model
        </Button>
      )}
      {version.manifest && (
        <Button variant="default" leftSection={<Download size={16} aria-hidden />} onClick={downloadDialog.open}>
          Download
        </Button>
      )}
      {version.manifest && other < nextVersionNumber && (
        <Button
          variant="default"
          component={Link}
          to={`/versions/${version.version}?compare=${other}`}
          leftSection={<GitCompareArrows size={16} aria-hidden />}
        >
          Compare
        </Button>
      )}
      {manage && <VersionMenu version={version} />}
      <Suspense>
        {training && (
          <TrainDialog versionId={version.id} versionNumber={version.version} opened onClose={trainDialog.close} />
        )}
        {downloading && <DownloadDialog version={version} opened onClose={downloadDialog.close} />}
      </Suspense>
    </>
  );
}
