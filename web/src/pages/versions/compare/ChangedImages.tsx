import { Button, Center, Select, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { useSearchParams } from "wouter";

import { graphql } from "../../../api/generated";
import type { AssetChange, VersionCompareImagesQuery } from "../../../api/generated/graphql";
import { count, counted } from "../../../components/numbers";
import { QueryProblem } from "../../../components/Problem";
import { Section } from "../detail/Section";
import { usePagedNodes } from "../pagedNodes";
import { ChangedImage } from "./ChangedImage";
import classes from "./ChangedImages.module.css";
import { ChangedImageDialog } from "./ChangedImageDialog";
import type { Diff } from "./documents";

const CHANGED = graphql(`
  query VersionCompareImages($versionId: ID!, $beforeId: ID!, $first: Int!, $after: String) {
    version(id: $versionId) {
      id
      diff(against: $beforeId) {
        changedAssets(first: $first, after: $after) {
          nodes {
            change
            annotationsAdded
            annotationsRemoved
            annotationsChanged
            before {
              ...VersionCompareImage
            }
            after {
              ...VersionCompareImage
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }

  fragment VersionCompareImage on VersionAsset {
    assetId
    filename
    width
    height
    split
    sha256
    url
    asset {
      id
      large: thumbnailUrl(size: 640)
    }
    annotations {
      id
      weedType
      confidence
      source
      verified
      box {
        x
        y
        width
        height
      }
      polygon {
        x
        y
      }
    }
  }
`);

export type Delta = VersionCompareImagesQuery["version"]["diff"]["changedAssets"]["nodes"][number];

const FIRST = 12;
const KINDS: [kind: AssetChange, word: string][] = [
  ["ADDED", "Added"],
  ["REMOVED", "Removed"],
  ["RELABELLED", "Relabelled"],
  ["MOVED", "Moved"],
];

interface Compared {
  versionId: string;
  beforeId: string;
  before: number;
  after: number;
}

/** The images that changed, before and after side by side; of one kind of change where asked. */
export function ChangedImages({ versionId, beforeId, diff, before, after }: Compared & { diff: Diff }) {
  const [search, setSearch] = useSearchParams();
  const kind = KINDS.find(([one]) => one === search.get("change"))?.[0] ?? null;
  const { nodes, hasMore, reading, error, readMore } = usePagedNodes(
    CHANGED,
    { versionId, beforeId, first: FIRST },
    (data) => data.version.diff.changedAssets,
  );
  const [opened, setOpened] = useState<Delta | null>(null);
  const ofKind = (all: readonly Delta[], wanted: AssetChange | null) => all.filter((one) => wanted === null || one.change === wanted);
  const shown = ofKind(nodes ?? [], kind);
  const look = (wanted: AssetChange | null, atLeast: number) => readMore((all) => ofKind(all, wanted).length >= atLeast);
  const choose = (value: string) => {
    const wanted = KINDS.find(([one]) => one === value)?.[0] ?? null;
    setSearch({ compare: String(before), ...(wanted && { change: wanted }) }, { replace: true });
    const expected = Math.min(countOf(diff, wanted), FIRST);
    if (ofKind(nodes ?? [], wanted).length < expected) void look(wanted, expected);
  };
  const total = countOf(diff, kind);
  return (
    <Section title="Changed images" aside={<KindChoice diff={diff} value={kind} onChange={choose} />}>
      <ul className={classes.list}>
        {shown.map((delta) => (
          <li key={(delta.after ?? delta.before)?.sha256}>
            <ChangedImage delta={delta} before={before} after={after} onOpen={() => setOpened(delta)} />
          </li>
        ))}
        {nodes === null && !error && [0, 1].map((index) => <li key={index}><Skeleton height={260} /></li>)}
      </ul>
      {error && <QueryProblem error={error} retry={() => readMore()} />}
      {nodes && (
        <Center mt="md">
          <Stack align="center" gap="xs">
            <Text size="sm" c="dimmed">
              {count(shown.length)} of {counted(total, "changed image")}
            </Text>
            {hasMore && shown.length < total && (
              <Button variant="default" loading={reading} onClick={() => look(kind, shown.length + FIRST)}>
                Show more changed images
              </Button>
            )}
          </Stack>
        </Center>
      )}
      <ChangedImageDialog delta={opened} before={before} after={after} onClose={() => setOpened(null)} />
    </Section>
  );
}

function countOf(diff: Diff, kind: AssetChange | null): number {
  const all = diff.changedAssets.totalCount;
  const known = { ADDED: diff.assetsAdded, REMOVED: diff.assetsRemoved, MOVED: diff.assetsMovedBetweenSplits };
  if (kind === null) return all;
  return kind === "RELABELLED" ? all - known.ADDED - known.REMOVED - known.MOVED : known[kind];
}

function KindChoice({ diff, value, onChange }: { diff: Diff; value: AssetChange | null; onChange: (value: string) => void }) {
  const phone = useMediaQuery("(max-width: 48em)");
  const data = [
    { value: "", label: `All ${count(countOf(diff, null))}` },
    ...KINDS.map(([kind, word]) => ({ value: kind, label: `${word} ${count(countOf(diff, kind))}`, disabled: !countOf(diff, kind) })),
  ];
  if (phone) {
    return <Select aria-label="Kind of change" data={data} value={value ?? ""} onChange={(one) => onChange(one ?? "")} allowDeselect={false} />;
  }
  return <SegmentedControl aria-label="Kind of change" data={data} value={value ?? ""} onChange={onChange} />;
}
