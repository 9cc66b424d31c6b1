import { Alert, Anchor, SimpleGrid, Stack, Text } from "@mantine/core";
import { CopyCheck } from "lucide-react";
import { useCallback } from "react";
import { Link } from "wouter";

import { useLiveQuery } from "../../../api/live";
import { useProject } from "../../../api/projectContext";
import { Loading } from "../../../app/Loading";
import { NotFound } from "../../../app/NotFound";
import { QueryProblem } from "../../../components/Problem";
import { Warnings } from "../../../components/Warnings";
import { VERSION, type Version } from "./documents";
import { FailedVersion } from "./FailedVersion";
import { FrozenImages } from "./FrozenImages";
import { VersionCheck } from "./VersionCheck";
import { VersionClasses } from "./VersionClasses";
import { VersionHead } from "./VersionHead";
import { VersionManifest } from "./VersionManifest";
import { VersionNumbers } from "./VersionNumbers";
import { VersionProgress } from "./VersionProgress";
import { VersionSettings } from "./VersionSettings";
import { VersionSplit } from "./VersionSplit";
import { VersionTrainings } from "./VersionTrainings";

/** One version: what it is while it is made, why it failed, or everything that it froze. */
export function VersionDetail({ number }: { number: number }) {
  const { id: projectId } = useProject();
  const [{ data, error }, execute] = useLiveQuery(VERSION, { projectId, number }, ["VERSION_CHANGED", "TRAINING_CHANGED"]);
  const refresh = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  if (error && !data) return <QueryProblem error={error} retry={refresh} />;
  if (!data) return <Loading />;
  const { version } = data.project;
  if (!version) return <NotFound what="version" />;
  return (
    <Stack gap="md" maw={1240} mx="auto">
      <VersionHead version={version} />
      {version.status === "CREATING" && <VersionProgress versionId={version.id} onEnd={refresh} />}
      {version.status === "FAILED" && <FailedVersion version={version} />}
      {version.manifest ? <Frozen version={version} manifest={version.manifest} /> : <VersionSettings version={version} />}
    </Stack>
  );
}

function Frozen({ version, manifest }: { version: Version; manifest: NonNullable<Version["manifest"]> }) {
  return (
    <>
      <VersionNumbers version={version} manifestBytes={manifest.sizeBytes} />
      {version.identicalTo && <Identical number={version.version} first={version.identicalTo.version} />}
      <Warnings warnings={version.warnings} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <VersionClasses counts={version.classCounts} />
        <VersionSplit version={version} />
      </SimpleGrid>
      <FrozenImages versionId={version.id} splitCounts={version.splitCounts} />
      <VersionSettings version={version} />
      <VersionTrainings version={version} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <VersionManifest manifest={manifest} contentDigest={version.contentDigest} snapshotAt={version.snapshotAt} />
        <VersionCheck versionId={version.id} />
      </SimpleGrid>
    </>
  );
}

function Identical({ number, first }: { number: number; first: number }) {
  return (
    <Alert variant="light" color="blue" icon={<CopyCheck aria-hidden />} title={`The same data as v${first}`}>
      <Text size="sm">
        v{number} froze exactly the images, annotations and settings of{" "}
        <Anchor component={Link} to={`/versions/${first}`} size="sm" inherit underline="always">
          v{first}
        </Anchor>
        : a model trained from either starts from equal data.
      </Text>
    </Alert>
  );
}
