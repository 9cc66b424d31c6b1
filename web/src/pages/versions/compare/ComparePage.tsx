import { Alert, Anchor, Button, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { GitCompareArrows, Hourglass } from "lucide-react";
import { useCallback } from "react";
import { Link } from "wouter";
import type { CombinedError } from "urql";

import { sentence } from "../../../api/errors";
import { useLiveQuery } from "../../../api/live";
import { useProject } from "../../../api/projectContext";
import { Loading } from "../../../app/Loading";
import { NotFound } from "../../../app/NotFound";
import { ClassBars } from "../../../components/ClassBars";
import { EmptyState } from "../../../components/EmptyState";
import { PageHead } from "../../../components/PageHead";
import { QueryProblem } from "../../../components/Problem";
import { Section } from "../detail/Section";
import { ChangedImages } from "./ChangedImages";
import { ComparePicker } from "./ComparePicker";
import { ConfigChanges } from "./ConfigChanges";
import { DiffNumbers } from "./DiffNumbers";
import { CHOICE, DIFF, type Diff } from "./documents";
import { isNotReady } from "./refusal";

/** What changed from one version to another; any two of the project, in either direction. */
export function ComparePage({ before, after }: { before: number | null; after: number }) {
  const { id: projectId } = useProject();
  const [{ data, error }, execute] = useLiveQuery(CHOICE, { projectId }, ["VERSION_CHANGED"]);
  if (error && !data) return <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />;
  if (!data) return <Loading />;
  const versions = data.project.versions.nodes;
  const against = versions.find((one) => one.version === before);
  if (!versions.some((one) => one.version === after)) return <NotFound what="version" />;
  return (
    <Stack gap="md" maw={1240} mx="auto">
      <div>
        <PageHead title={before === null ? `Compare v${after}` : `Compare v${before} with v${after}`}>
          <Button component={Link} to={`/versions/${after}`} variant="default">
            Open v{after}
          </Button>
        </PageHead>
        <ComparePicker versions={versions} before={before} after={after} />
      </div>
      {against === undefined && (
        <EmptyState icon={GitCompareArrows} title="Pick the version to compare with">
          {before === null ? "" : `This project has no v${before}. `}
          You then see what was added, removed, moved and changed from it to v{after}.
        </EmptyState>
      )}
      {against && before === after && (
        <EmptyState icon={GitCompareArrows} title="These are the same version">
          Pick another one on either side.
        </EmptyState>
      )}
      {against && before !== after && (
        <Comparison key={against.id} beforeId={against.id} before={against.version} after={after} />
      )}
    </Stack>
  );
}

function Comparison({ beforeId, before, after }: { beforeId: string; before: number; after: number }) {
  const { id: projectId } = useProject();
  const [{ data, error }, execute] = useLiveQuery(DIFF, { projectId, after, beforeId }, ["VERSION_CHANGED"]);
  const again = useCallback(() => execute({ requestPolicy: "network-only" }), [execute]);
  const version = data?.project.version;
  if (error && !version) return <Refused error={error} before={before} after={after} retry={again} />;
  if (!version) return <Waiting />;
  const { diff } = version;
  return (
    <>
      <DiffNumbers diff={diff} />
      {isSame(diff) && (
        <Alert variant="light" color="blue" title="Nothing changed">
          Both versions have the same images in the same splits, the same annotations and the same settings.
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: "start" }}>
        <Section title="Classes">
          <ClassBars counts={diff.classes.map((one) => ({ name: one.name, before: one.before, annotations: one.after }))} />
        </Section>
        <ConfigChanges changes={diff.configChanges} before={before} after={after} />
      </SimpleGrid>
      {diff.changedAssets.totalCount > 0 && (
        <ChangedImages versionId={version.id} beforeId={beforeId} diff={diff} before={before} after={after} />
      )}
    </>
  );
}

function isSame(diff: Diff): boolean {
  return diff.changedAssets.totalCount === 0 && diff.configChanges.length === 0;
}

/** A version without a whole manifest cannot be compared yet, or any more; what else fails can be tried again. */
function Refused({ error, before, after, retry }: { error: CombinedError; before: number; after: number; retry: () => void }) {
  if (!isNotReady(error)) return <QueryProblem error={error} retry={retry} />;
  return (
    <Alert variant="light" color="yellow" icon={<Hourglass aria-hidden />} title="These two cannot be compared now">
      <Text size="sm">{sentence(error)}</Text>
      <Text size="sm" mt={4}>
        Look at{" "}
        <Anchor component={Link} to={`/versions/${before}`} inherit underline="always">
          v{before}
        </Anchor>{" "}
        or{" "}
        <Anchor component={Link} to={`/versions/${after}`} inherit underline="always">
          v{after}
        </Anchor>
        ; this page fills by itself as soon as both can be read.
      </Text>
    </Alert>
  );
}

function Waiting() {
  return (
    <Stack role="status" aria-label="Comparing">
      <Skeleton height={96} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Skeleton height={240} />
        <Skeleton height={240} />
      </SimpleGrid>
      <Skeleton height={320} />
    </Stack>
  );
}
