import { Button, Skeleton, Stack } from "@mantine/core";
import { Archive, ImagePlus, Layers, SquareDashedMousePointer } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";

import { graphql } from "../../api/generated";
import type { VersionsPageQuery } from "../../api/generated/graphql";
import { useLiveQuery } from "../../api/live";
import { useProject } from "../../api/projectContext";
import { EmptyState } from "../../components/EmptyState";
import { QueryProblem } from "../../components/Problem";
import { VersionCard } from "./VersionCard";
import classes from "./VersionCard.module.css";
import { useVersionRights } from "./detail/versionRights";

const VERSIONS = graphql(`
  query VersionsPage($id: ID!, $after: String, $includeArchived: Boolean!) {
    project(id: $id) {
      id
      versions(first: 20, after: $after, includeArchived: $includeArchived) {
        nodes {
          id
          version
          displayName
          status
          failureReason
          createdAt
          snapshotAt
          imageCount
          annotationCount
          classCounts {
            name
            annotations
          }
          splitCounts {
            train
            val
            test
          }
          createdBy {
            id
            name
          }
          identicalTo {
            id
            version
          }
          manifest {
            sha256
          }
          latestModel {
            id
            name
            deployed
            metrics {
              mAP50
            }
          }
          lastCheck {
            id
            status
            intact
            objectsChecked
            objectsTotal
          }
          trainingJobs(first: 5) {
            nodes {
              id
              status
              epoch
              etaSeconds
              eventCursor
              config {
                epochs
              }
            }
          }
          assets(first: 4) {
            nodes {
              assetId
              asset {
                id
                thumbnailUrl(size: 160)
              }
            }
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export type ListedVersion = VersionsPageQuery["project"]["versions"]["nodes"][number];

const NEWS = ["VERSION_CHANGED", "CHECK_CHANGED", "TRAINING_CHANGED", "MODEL_CREATED", "DEPLOYMENT_CHANGED"] as const;

interface List {
  archived: boolean;
  onCreate: () => void;
  onShowArchived: () => void;
}

/** The versions as cards, 20 at a time. */
export function VersionCards(list: List) {
  const [pages, setPages] = useState(1);
  return (
    <ul className={classes.list} aria-label="Dataset versions">
      <Page {...list} pages={pages} onMore={() => setPages(pages + 1)} first />
    </ul>
  );
}

/** One page and, below it, those that were asked for: each begins where the one before ends, also once that has moved. */
function Page({
  after,
  pages,
  onMore,
  first = false,
  ...list
}: List & { after?: string; pages: number; onMore: () => void; first?: boolean }) {
  const { id } = useProject();
  const [{ data, error, fetching }, execute] = useLiveQuery(
    VERSIONS,
    { id, after, includeArchived: list.archived },
    NEWS,
  );
  if (error && !data)
    return (
      <li>
        <QueryProblem error={error} retry={() => execute({ requestPolicy: "network-only" })} />
      </li>
    );
  if (!data) return <Loading />;
  const { nodes, pageInfo } = data.project.versions;
  if (first && nodes.length === 0)
    return (
      <li>
        <NoVersions {...list} />
      </li>
    );
  return (
    <>
      {nodes.map((version) => (
        <VersionCard key={version.id} version={version} onChanged={() => execute({ requestPolicy: "network-only" })} />
      ))}
      {pageInfo.hasNextPage && pageInfo.endCursor && pages > 1 && (
        <Page {...list} after={pageInfo.endCursor} pages={pages - 1} onMore={onMore} />
      )}
      {pageInfo.hasNextPage && pages === 1 && (
        <li>
          <Button variant="default" fullWidth loading={fetching} onClick={onMore}>
            Show more versions
          </Button>
        </li>
      )}
    </>
  );
}

function Loading() {
  return (
    <li aria-label="Loading versions">
      <Stack>
        {[0, 1, 2].map((index) => (
          <Skeleton key={index} height={168} />
        ))}
      </Stack>
    </li>
  );
}

/** The one next step: images, then annotations, then a version. */
function NoVersions({ archived, onCreate, onShowArchived }: List) {
  const { totalImages, annotatedImages, nextVersionNumber } = useProject();
  const { manage } = useVersionRights();
  if (!archived && nextVersionNumber > 1)
    return (
      <EmptyState
        icon={Archive}
        title="All versions are archived"
        action={
          <Button variant="default" onClick={onShowArchived}>
            Show archived
          </Button>
        }
      >
        They can be looked at, and restored to train from again.
      </EmptyState>
    );
  if (totalImages === 0)
    return (
      <EmptyState icon={ImagePlus} title="Images come first" action={<ToImages label="Upload images" />}>
        A version freezes this project’s images and annotations as they are at one moment. There are no images yet.
      </EmptyState>
    );
  if (annotatedImages === 0)
    return (
      <EmptyState icon={SquareDashedMousePointer} title="Annotations come next" action={<ToImages label="Annotate images" />}>
        A version freezes annotated images. Draw the first boxes, or import annotations that you have.
      </EmptyState>
    );
  return (
    <EmptyState
      icon={Layers}
      title="Freeze a first version"
      action={manage && <Button onClick={onCreate}>Create Dataset Version</Button>}
    >
      A version holds the images and annotations of one moment, to train from and to compare later ones with.
      {manage ? "" : " A manager of the team can make one."}
    </EmptyState>
  );
}

function ToImages({ label }: { label: string }) {
  return (
    <Button component={Link} to="/images">
      {label}
    </Button>
  );
}
