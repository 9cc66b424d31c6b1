import { Text, getThemeColor, useMantineTheme } from "@mantine/core";

import classes from "./CurveLegend.module.css";

export interface Curve {
  name: string;
  label: string;
  color: string;
  strokeDasharray?: string;
}

/** What each line means, drawn as the line is. */
export function CurveLegend({ curves }: { curves: readonly Curve[] }) {
  const theme = useMantineTheme();
  return (
    <ul className={classes.list}>
      {curves.map(({ name, label, color, strokeDasharray }) => (
        <li key={name} className={classes.curve}>
          <svg width={22} height={10} aria-hidden>
            <line
              x1={1}
              x2={21}
              y1={5}
              y2={5}
              stroke={getThemeColor(color, theme)}
              strokeWidth={2.5}
              strokeDasharray={strokeDasharray}
            />
          </svg>
          <Text span size="xs">
            {label}
          </Text>
        </li>
      ))}
    </ul>
  );
}
