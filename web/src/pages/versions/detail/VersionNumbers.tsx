import { Paper, Text } from "@mantine/core";

import { count, size } from "../../../components/numbers";
import type { Version } from "./documents";
import classes from "./VersionNumbers.module.css";

/** What is in a version, in numbers. */
export function VersionNumbers({ version, manifestBytes }: { version: Version; manifestBytes: number }) {
  return (
    <Paper withBorder component="dl" className={classes.numbers}>
      <Figure term="Images" value={count(version.imageCount)} />
      <Figure term="Annotations" value={count(version.annotationCount)} />
      <Figure term="Classes" value={count(version.classCounts.length)} />
      <Figure term="Training images as written" value={count(version.splitCounts.trainAugmented)} />
      <Figure term="Manifest" value={size(manifestBytes)} />
    </Paper>
  );
}

function Figure({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <Text component="dt" size="sm" c="dimmed">
        {term}
      </Text>
      <Text component="dd" m={0} fz={24} fw={600} lh={1.3}>
        {value}
      </Text>
    </div>
  );
}
