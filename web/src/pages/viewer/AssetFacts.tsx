import { Anchor, Text, Title } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { Link } from "wouter";

import { When } from "../../components/When";
import { count, size } from "../../components/numbers";
import type { ViewedAsset } from "./marks";
import classes from "./panel.module.css";

/** What is known of the image itself. */
export function AssetFacts({ asset }: { asset: ViewedAsset }) {
  const { width, height, gpsLatitude, gpsLongitude, capturedAt, uploadBatch, versions, contentType } = asset;
  const facts: [name: string, value: ReactNode][] = [];
  if (width && height) facts.push(["Size", `${count(width)} × ${count(height)} px, ${size(asset.sizeBytes)}`]);
  if (capturedAt) facts.push(["Captured", <When key="at" at={capturedAt} dated />]);
  facts.push(["Uploaded", <When key="at" at={asset.createdAt} />]);
  if (gpsLatitude != null && gpsLongitude != null) {
    facts.push(["Position", `${gpsLatitude.toFixed(5)}, ${gpsLongitude.toFixed(5)}`]);
  }
  if (uploadBatch) {
    facts.push([
      "Upload",
      <Anchor key="batch" component={Link} to={`/images?batch=${uploadBatch.id}`} size="sm" underline="always">
        {uploadBatch.name}
      </Anchor>,
    ]);
  }
  facts.push(["Versions", versions.length ? <VersionLinks key="versions" versions={versions} /> : "In none yet"]);
  return (
    <section className={classes.section} aria-label="About the image">
      <Title order={3} size="h5" mb={8}>
        About the image
      </Title>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {contentType === "image/tiff" && (
        <Text size="xs" c="dimmed" mt={8}>
          Browsers show no TIFF: this is a preview of at most 640 pixels. Coordinates are the original&apos;s.
        </Text>
      )}
    </section>
  );
}

function VersionLinks({ versions }: { versions: ViewedAsset["versions"] }) {
  return versions.map(({ id, version, name }, index) => (
    <Fragment key={id}>
      {index > 0 && ", "}
      <Anchor component={Link} to={`/versions/${version}`} size="sm" underline="always" title={name}>
        v{version}
      </Anchor>
    </Fragment>
  ));
}
