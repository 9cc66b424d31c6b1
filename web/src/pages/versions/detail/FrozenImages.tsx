import { Button, Center, SegmentedControl, Skeleton, Text, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { useSearchParams } from "wouter";

import { graphql } from "../../../api/generated";
import type { Split, VersionDetailImagesQuery } from "../../../api/generated/graphql";
import { AnnotatedPicture } from "../../../components/AnnotatedPicture";
import { count, counted } from "../../../components/numbers";
import { QueryProblem } from "../../../components/Problem";
import { usePagedNodes } from "../pagedNodes";
import { FrozenImageDialog } from "./FrozenImageDialog";
import classes from "./FrozenImages.module.css";
import { Section } from "./Section";
import { SPLITS, splitWord } from "./splitWords";

const IMAGES = graphql(`
  query VersionDetailImages($versionId: ID!, $first: Int!, $after: String, $split: Split) {
    version(id: $versionId) {
      id
      assets(first: $first, after: $after, split: $split) {
        nodes {
          assetId
          filename
          width
          height
          split
          sha256
          gpsLatitude
          gpsLongitude
          annotationCount
          url
          asset {
            id
            small: thumbnailUrl(size: 320)
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
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export type FrozenImage = VersionDetailImagesQuery["version"]["assets"]["nodes"][number];

const FIRST = 20;

/** The images with the boxes that the version froze, whatever became of them since; by split where asked. */
export function FrozenImages({ versionId, splitCounts }: { versionId: string; splitCounts: { train: number; val: number; test: number } }) {
  const [search, setSearch] = useSearchParams();
  const split = SPLITS.find((one) => one === search.get("split")) ?? null;
  const { nodes, hasMore, reading, error, readMore } = usePagedNodes(
    IMAGES,
    { versionId, first: FIRST, split },
    (data) => data.version.assets,
  );
  const [opened, setOpened] = useState<number | null>(null);
  const choose = (value: string) => setSearch(value ? { split: value } : {}, { replace: true });
  return (
    <Section title="Frozen images" aside={<SplitChoice value={split} onChange={choose} counts={splitCounts} />}>
      {nodes?.length === 0 && (
        <Text size="sm" c="dimmed">
          No image is in this split.
        </Text>
      )}
      <ul className={classes.grid}>
        {nodes?.map((image, index) => (
          <li key={image.assetId}>
            <Cell image={image} onOpen={() => setOpened(index)} />
          </li>
        ))}
        {nodes === null && !error && Array.from({ length: 6 }, (_, index) => <li key={index}><Skeleton height={150} /></li>)}
      </ul>
      {error && <QueryProblem error={error} retry={() => readMore()} />}
      {nodes && hasMore && (
        <Center mt="sm">
          <Button variant="default" loading={reading} onClick={() => readMore()}>
            Show more images
          </Button>
        </Center>
      )}
      <FrozenImageDialog versionId={versionId} images={nodes ?? []} index={opened} onMove={setOpened} onClose={() => setOpened(null)} />
    </Section>
  );
}

function SplitChoice({
  value,
  onChange,
  counts,
}: {
  value: Split | null;
  onChange: (value: string) => void;
  counts: { train: number; val: number; test: number };
}) {
  const number: Record<Split, number> = { TRAIN: counts.train, VAL: counts.val, TEST: counts.test };
  return (
    <SegmentedControl
      aria-label="Split"
      value={value ?? ""}
      onChange={onChange}
      data={[
        { value: "", label: "All" },
        ...SPLITS.map((split) => ({ value: split, label: `${splitWord(split)} ${count(number[split])}` })),
      ]}
    />
  );
}

function Cell({ image, onOpen }: { image: FrozenImage; onOpen: () => void }) {
  return (
    <UnstyledButton onClick={onOpen} className={classes.cell}>
      <AnnotatedPicture
        src={image.asset?.small ?? image.url}
        alt=""
        width={image.width}
        height={image.height}
        shapes={image.annotations}
        fit="cover"
        style={{ aspectRatio: "4 / 3" }}
      />
      <Text size="xs" truncate mt={4}>
        {image.filename}
      </Text>
      <Text size="xs" c="dimmed">
        {splitWord(image.split)} · {counted(image.annotationCount, "annotation")}
      </Text>
    </UnstyledButton>
  );
}
