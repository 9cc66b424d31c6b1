import { Button, Text } from "@mantine/core";
import { FileDown } from "lucide-react";

import { When } from "../../../components/When";
import { CopyValue } from "./CopyValue";
import type { Version } from "./documents";
import { Section } from "./Section";
import classes from "./VersionManifest.module.css";

/** The file that says what the version froze, and how to tell that it is unchanged. */
export function VersionManifest({
  manifest,
  contentDigest,
  snapshotAt,
}: {
  manifest: NonNullable<Version["manifest"]>;
  contentDigest?: string | null;
  snapshotAt?: string | null;
}) {
  return (
    <Section
      title="Manifest"
      aside={
        <Button
          component="a"
          href={manifest.url}
          download="manifest.json"
          target="_blank"
          rel="noreferrer"
          size="xs"
          h={32}
          variant="default"
          leftSection={<FileDown size={15} aria-hidden />}
        >
          Download manifest
        </Button>
      }
    >
      <dl className={classes.facts}>
        {snapshotAt && (
          <>
            <Term>Frozen</Term>
            <Text component="dd" m={0} size="sm">
              <When at={snapshotAt} />
            </Text>
          </>
        )}
        <Term>SHA-256</Term>
        <dd>
          <CopyValue term="the SHA-256" value={manifest.sha256} />
        </dd>
        {contentDigest && (
          <>
            <Term>Content digest</Term>
            <dd>
              <CopyValue term="the content digest" value={contentDigest} />
            </dd>
          </>
        )}
        <Term>Key</Term>
        <dd>
          <CopyValue term="the key" value={manifest.s3Key} />
        </dd>
      </dl>
    </Section>
  );
}

function Term({ children }: { children: string }) {
  return (
    <Text component="dt" size="sm" c="dimmed">
      {children}
    </Text>
  );
}
