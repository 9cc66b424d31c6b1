import { Stack, Text } from "@mantine/core";

import { ClassName, useClassColours } from "./ClassName";
import { count } from "./numbers";
import classes from "./ClassBars.module.css";

/** Annotations of each class, most first; with `before` a second, fainter bar above shows what it was. */
export function ClassBars({ counts }: { counts: readonly { name: string; annotations: number; before?: number }[] }) {
  const colourOf = useClassColours();
  const most = Math.max(1, ...counts.map((one) => Math.max(one.annotations, one.before ?? 0)));
  const sorted = counts.toSorted((a, b) => b.annotations - a.annotations || a.name.localeCompare(b.name));
  return (
    <Stack gap={8} component="ul" className={classes.list}>
      {sorted.map(({ name, annotations, before }) => (
        <li key={name} className={classes.row}>
          <ClassName name={name} />
          <span className={classes.bars} aria-hidden>
            {before !== undefined && (
              <span className={classes.before} style={{ width: `${(100 * before) / most}%`, background: colourOf(name) }} />
            )}
            <span className={classes.bar} style={{ width: `${(100 * annotations) / most}%`, background: colourOf(name) }} />
          </span>
          <Text size="sm" ta="right" style={{ whiteSpace: "nowrap" }}>
            {before === undefined ? count(annotations) : `${count(before)} → ${count(annotations)}`}
          </Text>
        </li>
      ))}
    </Stack>
  );
}
