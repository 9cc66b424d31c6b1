import { Skeleton, Text, Title } from "@mantine/core";

import { sentence } from "../../../api/errors";
import { Problem } from "../../../components/Problem";
import { SplitBar } from "../../../components/SplitBar";
import { Warnings } from "../../../components/Warnings";
import { count } from "../../../components/numbers";
import { LivePicture, type Source } from "./LivePicture";
import type { Preview, useVersionPreview } from "./useVersionPreview";
import type { versionInput } from "./versionInput";
import classes from "./Outcome.module.css";

/** What the choices will give: numbers, a picture, and what is worth knowing. */
export function Outcome({
  seen: { preview, error, working },
  sources,
  input,
}: {
  seen: ReturnType<typeof useVersionPreview>;
  sources: readonly Source[];
  /** Null while something in it is wrong. */
  input: ReturnType<typeof versionInput> | null;
}) {
  return (
    <div className={classes.outcome}>
      <section aria-busy={working}>
        <Title order={3} size="h5" mb="xs">
          {preview ? `v${preview.nextVersion} will have` : "It will have"}
        </Title>
        {preview ? <Numbers preview={preview} working={working} /> : !error && <Skeleton height={96} />}
        {error && <Problem title="The numbers could not be worked out">{sentence(error)}</Problem>}
      </section>
      <LivePicture
        sources={sources}
        settings={input && { preprocessing: input.preprocessing, augmentation: input.augmentation }}
      />
      {preview && <Warnings warnings={preview.warnings} />}
    </div>
  );
}

function Numbers({ preview, working }: { preview: Preview; working: boolean }) {
  const { imageCount, annotationCount, outputImages, exact, splitCounts } = preview;
  return (
    <>
      <dl className={classes.numbers} data-working={working || undefined}>
        <Fact name="images" value={count(imageCount)} />
        <Fact name="annotations" value={count(annotationCount)} />
        <Fact name={exact ? "pictures written" : "pictures at most"} value={count(outputImages)} />
      </dl>
      <SplitBar {...splitCounts} />
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div style={{ display: "flex", flexDirection: "column-reverse" }}>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" size="xl" fw={700} lh={1.2}>
        {value}
      </Text>
    </div>
  );
}
