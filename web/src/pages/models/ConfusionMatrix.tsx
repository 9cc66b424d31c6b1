import { Box, Text, Title } from "@mantine/core";

import { count, counted } from "../../components/numbers";
import { shownClasses } from "./confusion";
import classes from "./ConfusionMatrix.module.css";

const RIGHT = "#2f9e63";
const WRONG = "#d9480f";

/** `counts[t][p]`: true class t found as p, background last. Shade is the share of the true class. */
export function ConfusionMatrix({
  counts,
  classes: names,
}: {
  counts: readonly (readonly number[])[];
  classes: readonly string[];
}) {
  const labels = [...names, "background"];
  const shown = shownClasses(counts);
  const left = labels.length - shown.length;
  return (
    <Box>
      <Title order={3} size="h4">
        Confusion matrix
      </Title>
      <Text size="sm" c="dimmed" mb={6}>
        Rows are what an object is, columns what it was found as. Background in a row: nothing was there; in a column: it
        was missed.{left > 0 && ` ${counted(left, "class", "classes")} with no object here and none found are left out.`}
      </Text>
      <section className={classes.scroll} tabIndex={0} aria-label="Confusion matrix">
        <table className={classes.matrix}>
          <thead>
            <tr>
              <th scope="col">True ↓ found →</th>
              {shown.map((column) => (
                <th key={column} scope="col">
                  {labels[column]}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row}>
                <th scope="row">{labels[row]}</th>
                {shown.map((column) => (
                  <Cell key={column} row={counts[row] ?? []} column={column} right={row === column} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Box>
  );
}

function Cell({ row, column, right }: { row: readonly number[]; column: number; right: boolean }) {
  const total = row.reduce((sum, value) => sum + value, 0);
  const value = row[column] ?? 0;
  const share = total ? Math.round((55 * value) / total) : 0;
  return (
    <td
      data-nothing={value === 0 || undefined}
      style={{ background: `color-mix(in srgb, ${right ? RIGHT : WRONG} ${share}%, transparent)` }}
    >
      {count(value)}
    </td>
  );
}
