import { Box, SimpleGrid, Text, Title, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import { Dialog } from "../../components/Dialog";
import classes from "./Plots.module.css";

interface Plot {
  name: string;
  url: string;
}

const TITLES: Record<string, string> = {
  BoxF1_curve: "F1 by confidence",
  BoxPR_curve: "Precision by recall",
  BoxP_curve: "Precision by confidence",
  BoxR_curve: "Recall by confidence",
  confusion_matrix: "Confusion matrix",
  confusion_matrix_normalized: "Confusion matrix, shares",
  results: "Losses and figures by epoch",
  labels: "Labels",
};

/** `val_batch0_pred.jpg` as `Val batch 1, found`. */
function titleOf(file: string): string {
  const name = file.replace(/\.\w+$/, "");
  const [, batch, what] = /^val_batch(\d+)_(labels|pred)$/.exec(name) ?? [];
  if (batch) return `Val batch ${Number(batch) + 1}, ${what === "pred" ? "found" : "true"}`;
  return TITLES[name] ?? file;
}

/** The pictures that the training made: curves, matrices, sample predictions. A click shows one large. */
export function Plots({ plots }: { plots: readonly Plot[] }) {
  const [large, setLarge] = useState<Plot | null>(null);
  return (
    <Box>
      <Title order={3} size="h4" mb={6}>
        Plots
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }}>
        {plots.map((plot) => (
          <UnstyledButton key={plot.name} onClick={() => setLarge(plot)} className={classes.plot}>
            <img src={plot.url} alt="" loading="lazy" />
            <Text size="sm" truncate>
              {titleOf(plot.name)}
            </Text>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      <Dialog opened={large !== null} onClose={() => setLarge(null)} title={large && titleOf(large.name)} size="90%">
        {large && <img src={large.url} alt={titleOf(large.name)} className={classes.large} />}
      </Dialog>
    </Box>
  );
}
