import { Badge, Text, UnstyledButton } from "@mantine/core";

import type { AssetChange } from "../../../api/generated/graphql";
import { splitWord } from "../detail/splitWords";
import type { Delta } from "./ChangedImages";
import classes from "./ChangedImages.module.css";
import { Pair } from "./Pair";

const WORDS: Record<AssetChange, string> = { ADDED: "Added", REMOVED: "Removed", RELABELLED: "Relabelled", MOVED: "Moved" };

/** One image before and after; what changed on it is said above, and opens large. */
export function ChangedImage({
  delta,
  before,
  after,
  onOpen,
}: {
  delta: Delta;
  before: number;
  after: number;
  onOpen: () => void;
}) {
  const name = deltaName(delta);
  return (
    <>
      <div className={classes.head}>
        <Text size="sm" fw={600} truncate title={name}>
          {name}
        </Text>
        <DeltaWords delta={delta} />
      </div>
      <UnstyledButton w="100%" onClick={onOpen}>
        <Pair delta={delta} before={before} after={after} />
      </UnstyledButton>
    </>
  );
}

export function deltaName({ before, after }: Delta): string {
  return (after ?? before)?.filename ?? "";
}

/** `Moved Train → Val`, `+1`, `−2`, `3 changed`. */
export function DeltaWords({ delta }: { delta: Delta }) {
  const { annotationsAdded: added, annotationsRemoved: removed, annotationsChanged: changed, change, before, after } = delta;
  const moved = change === "MOVED" && before && after ? ` ${splitWord(before.split)} → ${splitWord(after.split)}` : "";
  const kept = change === "MOVED" || change === "RELABELLED";
  return (
    <div className={classes.words}>
      <Word>{`${WORDS[change]}${moved}`}</Word>
      {kept && added > 0 && <Word>{`+${added}`}</Word>}
      {kept && removed > 0 && <Word>{`−${removed}`}</Word>}
      {kept && changed > 0 && <Word>{`${changed} changed`}</Word>}
    </div>
  );
}

function Word({ children }: { children: string }) {
  return (
    <Badge variant="default" tt="none" fw={500} size="sm">
      {children}
    </Badge>
  );
}
