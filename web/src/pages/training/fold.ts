import type { AccordionStylesNames } from "@mantine/core";
import type { CSSProperties } from "react";

/** A fold inside a form or a card: as quiet as the text around it. */
export const FOLD: Partial<Record<AccordionStylesNames, CSSProperties>> = {
  item: { border: 0 },
  control: { paddingInline: 0 },
  label: { fontSize: "var(--mantine-font-size-sm)", paddingBlock: 6 },
  content: { paddingInline: 0, paddingBottom: 0 },
};
