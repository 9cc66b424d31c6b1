import { Text } from "@mantine/core";

import { AnnotatedPicture, type Shape } from "../../../components/AnnotatedPicture";
import { SharpeningPicture } from "../detail/SharpeningPicture";
import { splitWord } from "../detail/splitWords";
import type { Delta } from "./ChangedImages";
import classes from "./ChangedImages.module.css";
import { matchAnnotations } from "./matchAnnotations";

type Side = NonNullable<Delta["before"]>;

/** Before and after, side by side: what changed in bold strokes, the rest faint. */
export function Pair({ delta, before, after, large = false }: { delta: Delta; before: number; after: number; large?: boolean }) {
  const either = delta.after ?? delta.before;
  if (!either) return null;
  const [then, now] = weighed(delta);
  const proportions = either.width / either.height;
  return (
    <span className={classes.pair} data-large={large || undefined}>
      <Picture number={before} side={delta.before} shapes={then} proportions={proportions} large={large} />
      <Picture number={after} side={delta.after} shapes={now} proportions={proportions} large={large} />
    </span>
  );
}

/** An image that came or went is drawn as it is, and so is one that only moved: there is nothing to point out on it. */
function weighed({ before, after, ...delta }: Delta): [readonly Shape[], readonly Shape[]] {
  const untouched = delta.annotationsAdded + delta.annotationsRemoved + delta.annotationsChanged === 0;
  if (!before || !after || untouched) return [before?.annotations ?? [], after?.annotations ?? []];
  const matched = matchAnnotations(before.annotations, after.annotations);
  return [matched.before, matched.after];
}

function Picture({
  number,
  side,
  shapes,
  proportions,
  large,
}: {
  number: number;
  side: Side | null | undefined;
  shapes: readonly Shape[];
  proportions: number;
  large: boolean;
}) {
  return (
    <span className={classes.side}>
      <Text span size="xs" c="dimmed" display="block" mb={4}>
        v{number}
        {side && ` · ${splitWord(side.split)}`}
      </Text>
      {side ? (
        <SidePicture side={side} alt={`${side.filename} in v${number}`} shapes={shapes} large={large} />
      ) : (
        <span className={classes.missing} style={{ aspectRatio: proportions }}>
          <Text span size="sm" c="dimmed">
            Not in v{number}
          </Text>
        </span>
      )}
    </span>
  );
}

function SidePicture({ side, alt, shapes, large }: { side: Side; alt: string; shapes: readonly Shape[]; large: boolean }) {
  // Bold ones last, so that none of the faint lies over them.
  const ordered = shapes.toSorted((a, b) => Number(a.weight === "bold") - Number(b.weight === "bold"));
  if (large) return <SharpeningPicture image={side} alt={alt} shapes={ordered} />;
  const { width, height } = side;
  return <AnnotatedPicture src={side.asset?.large ?? side.url} alt={alt} width={width} height={height} shapes={ordered} />;
}
