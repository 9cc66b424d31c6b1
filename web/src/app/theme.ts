import {
  Alert,
  createTheme,
  defaultVariantColorsResolver,
  Drawer,
  Modal,
  Notification,
  Table,
  Tooltip,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from "@mantine/core";

/** Deep forest green: shade 8 on light, 5 on dark, so that text on it has contrast in both. */
const forest: MantineColorsTuple = [
  "#eef8f1",
  "#dcede2",
  "#b6dbc4",
  "#8cc8a3",
  "#69b888",
  "#53ae76",
  "#469a67",
  "#348656",
  "#1f6b43",
  "#0d5532",
];

/** Neutral greys with a little warmth. */
const gray: MantineColorsTuple = [
  "#faf9f7",
  "#f3f1ee",
  "#e8e5e1",
  "#dbd7d2",
  "#c5c0ba",
  "#a39e97",
  "#77726b",
  "#544f49",
  "#3a3631",
  "#24211e",
];

const closable = { closeButtonProps: { "aria-label": "Close" } };

// The header of a dialog is a <header>, which is a landmark of the whole page to assistive technology.
const dialog = { ...closable, attributes: { header: { role: "presentation" } } };

/** autoContrast looks at the light scheme's shade alone: on the primary colour the text follows the scheme. */
const readable: VariantColorsResolver = (input) => {
  const usual = defaultVariantColorsResolver(input);
  const primary = (input.color ?? input.theme.primaryColor) === input.theme.primaryColor;
  return input.variant === "filled" && primary ? { ...usual, color: "var(--mantine-primary-color-contrast)" } : usual;
};

export const theme = createTheme({
  primaryColor: "forest",
  primaryShade: { light: 8, dark: 5 },
  autoContrast: true,
  variantColorResolver: readable,
  colors: { forest, gray },
  defaultRadius: "md",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif",
  spacing: { xs: "8px", sm: "12px", md: "16px", lg: "24px", xl: "32px" },
  cursorType: "pointer",
  components: {
    // The title in the alert's own colour has too little contrast on its light ground.
    Alert: Alert.extend({ styles: { title: { color: "var(--mantine-color-text)" } } }),
    Modal: Modal.extend({ defaultProps: dialog }),
    Drawer: Drawer.extend({ defaultProps: dialog }),
    Notification: Notification.extend({ defaultProps: closable }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "xs" } }),
    Tooltip: Tooltip.extend({ defaultProps: { events: { hover: true, focus: true, touch: true }, openDelay: 200 } }),
  },
});
