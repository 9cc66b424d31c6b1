import { ActionIcon, Kbd, Text, Title, Tooltip } from "@mantine/core";
import { ChevronDown, ChevronRight, Eye, EyeOff } from "lucide-react";
import { useMemo, useState } from "react";

import { ClassName } from "../../components/ClassName";
import { count } from "../../components/numbers";
import { MarkRow } from "./MarkRow";
import type { Mark } from "./marks";
import classes from "./panel.module.css";

interface Listed {
  selected: string | null;
  hovered: string | null;
  onSelect: (key: string) => void;
  onHover: (key: string | null) => void;
}

/** As many as can be looked through without folding. */
const FEW = 15;

/** The image's annotations, class by class; a class can be hidden from the picture. */
export function ClassSections({
  marks,
  names,
  hidden,
  onHide,
  ...listed
}: Listed & {
  marks: readonly Mark[];
  /** In the order of their number keys. */
  names: readonly string[];
  hidden: ReadonlySet<string>;
  onHide: (name: string) => void;
}) {
  const byClass = useMemo(() => Map.groupBy(marks, ({ weedType }) => weedType), [marks]);
  return (
    <section className={classes.section} aria-label="Annotations by class">
      <Title order={3} size="h5" mb={4}>
        Annotations ({count(marks.length)})
      </Title>
      {marks.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing is marked on this image yet.
        </Text>
      )}
      {names.map((name, place) => {
        const those = byClass.get(name);
        return (
          those && (
            <ClassSection
              key={name}
              name={name}
              digit={place < 9 ? place + 1 : null}
              marks={those}
              few={marks.length <= FEW}
              hidden={hidden.has(name)}
              onHide={onHide}
              {...listed}
            />
          )
        );
      })}
    </section>
  );
}

function ClassSection({
  name,
  digit,
  marks,
  few,
  hidden,
  onHide,
  ...listed
}: Listed & {
  name: string;
  digit: number | null;
  marks: readonly Mark[];
  few: boolean;
  hidden: boolean;
  onHide: (name: string) => void;
}) {
  const [unfolded, setUnfolded] = useState<boolean | null>(null);
  const open = !hidden && (unfolded ?? few);
  const Fold = open ? ChevronDown : ChevronRight;
  const label = hidden ? `Show ${name}` : `Hide ${name}`;
  const Sight = hidden ? EyeOff : Eye;
  return (
    <>
      <div className={classes.row}>
        <button
          type="button"
          className={classes.fold}
          aria-expanded={open}
          disabled={hidden}
          onClick={() => setUnfolded(!open)}
        >
          <Fold size={15} aria-hidden style={{ flex: "none" }} />
          <ClassName name={name} detail={count(marks.length)} />
          {digit !== null && <Kbd size="xs">{digit}</Kbd>}
        </button>
        <Tooltip label={label}>
          <ActionIcon variant="subtle" color="gray" c="var(--mantine-color-text)" size={32} aria-label={label} onClick={() => onHide(name)}>
            <Sight size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </div>
      {open && (
        <ul className={classes.list} aria-label={name}>
          {marks.map((mark) => (
            <MarkRow
              key={mark.key}
              mark={mark}
              selected={mark.key === listed.selected}
              hovered={mark.key === listed.hovered}
              onSelect={listed.onSelect}
              onHover={listed.onHover}
            />
          ))}
        </ul>
      )}
    </>
  );
}
