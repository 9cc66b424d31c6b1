import { Anchor, Stack, Text } from "@mantine/core";
import { Link } from "wouter";

import { ClassName } from "../../../components/ClassName";
import { count } from "../../../components/numbers";
import { CopyValue } from "./CopyValue";
import classes from "./FrozenImageDialog.module.css";
import type { FrozenImage } from "./FrozenImages";
import { splitWord } from "./splitWords";

/** What the version knows of one image. */
export function FrozenImageFacts({ image }: { image: FrozenImage }) {
  const perClass = Map.groupBy(image.annotations, (one) => one.weedType);
  const sorted = [...perClass].toSorted(([, a], [, b]) => b.length - a.length);
  return (
    <Stack gap="md" miw={0}>
      <dl className={classes.facts}>
        <dt>Split</dt>
        <dd>{splitWord(image.split)}</dd>
        <dt>Size</dt>
        <dd>
          {image.width} × {image.height}
        </dd>
        {image.gpsLatitude != null && image.gpsLongitude != null && (
          <>
            <dt>Place</dt>
            <dd>
              {image.gpsLatitude.toFixed(5)}°, {image.gpsLongitude.toFixed(5)}°
            </dd>
          </>
        )}
        <dt>Annotations</dt>
        <dd>{count(image.annotationCount)}</dd>
        <dt>SHA-256</dt>
        <dd>
          <CopyValue term="the image's SHA-256" value={image.sha256} />
        </dd>
      </dl>
      {sorted.length > 0 && (
        <Stack gap={4}>
          {sorted.map(([name, all]) => (
            <ClassName key={name} name={name} detail={count(all.length)} />
          ))}
        </Stack>
      )}
      {image.asset ? (
        <Anchor component={Link} to={`/images/${image.assetId}`} size="sm">
          Open the image as it is today
        </Anchor>
      ) : (
        <Text size="sm" c="dimmed">
          Deleted from the project since; the version keeps it.
        </Text>
      )}
    </Stack>
  );
}
