import { Paper, Text, Title } from "@mantine/core";
import { ArrowLeftRight, Equal, Minus, PencilLine, Plus, type LucideIcon } from "lucide-react";

import { count } from "../../../components/numbers";
import classes from "./DiffNumbers.module.css";
import type { Diff } from "./documents";

/** How many images and annotations came, went, stayed and changed. */
export function DiffNumbers({ diff }: { diff: Diff }) {
  return (
    <Paper withBorder p={{ base: "sm", sm: "md" }} className={classes.numbers}>
      <section>
        <Title order={3} size="h4" mb={6}>
          Images
        </Title>
        <dl>
          <Figure icon={Plus} term="added" value={diff.assetsAdded} />
          <Figure icon={Minus} term="removed" value={diff.assetsRemoved} />
          <Figure icon={Equal} term="kept" value={diff.assetsKept} />
          <Figure icon={ArrowLeftRight} term="moved between splits" value={diff.assetsMovedBetweenSplits} />
        </dl>
      </section>
      <section>
        <Title order={3} size="h4" mb={6}>
          Annotations
        </Title>
        <dl>
          <Figure icon={Plus} term="added" value={diff.annotationsAdded} />
          <Figure icon={Minus} term="removed" value={diff.annotationsRemoved} />
          <Figure icon={PencilLine} term="changed" value={diff.annotationsChanged} />
        </dl>
      </section>
    </Paper>
  );
}

function Figure({ icon: Icon, term, value }: { icon: LucideIcon; term: string; value: number }) {
  return (
    <div className={classes.figure}>
      <Text component="dt" size="sm" c="dimmed" className={classes.term}>
        <Icon size={14} aria-hidden /> {term}
      </Text>
      <Text component="dd" m={0} fz={24} fw={600} lh={1.3}>
        {count(value)}
      </Text>
    </div>
  );
}
