import { Box, Modal, SimpleGrid, Text, Title, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import classes from "./Plots.module.css";

interface Plot {
  name: string;
  url: string;
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
              {plot.name}
            </Text>
          </UnstyledButton>
        ))}
      </SimpleGrid>
      <Modal opened={large !== null} onClose={() => setLarge(null)} title={large?.name} size="90%">
        {large && <img src={large.url} alt={large.name} className={classes.large} />}
      </Modal>
    </Box>
  );
}
