import {
  Alert,
  Combobox,
  createTheme,
  defaultVariantColorsResolver,
  Drawer,
  isLightColor,
  Menu,
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

/** What opens over the page belongs to the page's main part, where the Shell has a place for it. */
const amongLandmarks = { portalProps: { target: "#overlays" } };

const SHADE = { light: 8, dark: 5 } as const;

/** autoContrast looks at the light scheme's shade alone: on a filled ground the text follows the scheme. */
const readable: VariantColorsResolver = (input) => {
  const usual = defaultVariantColorsResolver(input);
  const shades = input.theme.colors[input.color ?? input.theme.primaryColor];
  if (input.variant !== "filled" || !shades) return usual;
  const textOn = (shade: 5 | 8) =>
    `var(--mantine-color-${isLightColor(shades[shade], input.theme.luminanceThreshold) ? "black" : "white"})`;
  return { ...usual, color: `light-dark(${textOn(SHADE.light)}, ${textOn(SHADE.dark)})` };
};

export const theme = createTheme({
  primaryColor: "forest",
  primaryShade: SHADE,
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
    Combobox: Combobox.extend({ defaultProps: amongLandmarks }),
    // The placeholder is no item of a menu.
    Menu: Menu.extend({ defaultProps: { ...amongLandmarks, withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({ defaultProps: dialog }),
    Drawer: Drawer.extend({ defaultProps: dialog }),
    Notification: Notification.extend({ defaultProps: closable }),
    Table: Table.extend({ defaultProps: { verticalSpacing: "xs" } }),
    Tooltip: Tooltip.extend({ defaultProps: { events: { hover: true, focus: true, touch: true }, openDelay: 200 } }),
  },
});
