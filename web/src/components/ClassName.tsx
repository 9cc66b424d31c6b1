import { Group, Text } from "@mantine/core";
import { useMemo, type CSSProperties } from "react";

import { useProject } from "../api/projectContext";
import { classColours } from "./classColours";

/** The project's class colours: `colourOf(name)`. */
export function useClassColours(): (name: string) => string {
  const names = useProject().classCounts.map((one) => one.name).join("\n");
  return useMemo(() => classColours(names ? names.split("\n") : []), [names]);
}

const swatch: CSSProperties = { width: 10, height: 10, borderRadius: 3, flex: "none", border: "1px solid #0003" };

/** A class's name behind its colour. */
export function ClassName({ name, detail }: { name: string; detail?: string }) {
  const colourOf = useClassColours();
  return (
    <Group gap={6} wrap="nowrap" component="span" style={{ display: "inline-flex", minWidth: 0 }}>
      <span style={{ ...swatch, background: colourOf(name) }} aria-hidden />
      <Text span size="sm" truncate>
        {name}
      </Text>
      {detail !== undefined && (
        <Text span size="sm" c="dimmed" style={{ flex: "none" }}>
          {detail}
        </Text>
      )}
    </Group>
  );
}
