import { Box, Text, Title } from "@mantine/core";

import { count } from "../../components/numbers";
import classes from "./ConfusionMatrix.module.css";

/** `counts[t][p]`: true class t found as p, background last. Shade is the share of the true class. */
export function ConfusionMatrix({
  counts,
  classes: names,
}: {
  counts: readonly (readonly number[])[];
  classes: readonly string[];
}) {
  const labels = [...names, "background"];
  return (
    <Box>
      <Title order={3} size="h4">
        Confusion matrix
      </Title>
      <Text size="sm" c="dimmed" mb={6}>
        Rows are what an object is, columns what it was found as. Background in a row: nothing was there; in a column: it
        was missed.
      </Text>
      <section className={classes.scroll} tabIndex={0} aria-label="Confusion matrix">
        <table className={classes.matrix}>
          <thead>
            <tr>
              <th scope="col">True ↓ found →</th>
              {labels.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {counts.map((row, index) => {
              const total = Math.max(
                1,
                row.reduce((sum, value) => sum + value, 0),
              );
              return (
                <tr key={labels[index]}>
                  <th scope="row">{labels[index]}</th>
                  {row.map((value, column) => (
                    <td
                      key={labels[column]}
                      style={{
                        background: `color-mix(in srgb, ${index === column ? "#2f9e63" : "#d9480f"} ${Math.round(
                          (55 * value) / total,
                        )}%, transparent)`,
                      }}
                    >
                      {count(value)}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </section>
    </Box>
  );
}
