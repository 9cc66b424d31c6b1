import { ActionIcon, Button, Group, Title, Tooltip } from "@mantine/core";
import { Check, X } from "lucide-react";

import { counted } from "../../components/numbers";
import { MarkRow } from "./MarkRow";
import type { PendingMark } from "./marks";
import classes from "./panel.module.css";

/** What models found and nobody looked at yet, the surest first. */
export function PendingSection({
  pending,
  selected,
  hovered,
  onSelect,
  onHover,
  decide,
  decideAll,
}: {
  pending: readonly PendingMark[];
  selected: string | null;
  hovered: string | null;
  onSelect: (key: string) => void;
  onHover: (key: string | null) => void;
  /** Left out for who may not. */
  decide?: (accept: boolean, key: string) => void;
  decideAll?: (accept: boolean) => void;
}) {
  return (
    <section className={classes.section} aria-label="Waiting for review">
      <Title order={3} size="h5" mb={4}>
        Waiting for review ({pending.length})
      </Title>
      {decideAll && (
        <Group gap="xs" mb={6} grow>
          <Button size="compact-sm" h={32} variant="light" leftSection={<Check size={15} aria-hidden />} onClick={() => decideAll(true)}>
            Accept all {pending.length}
          </Button>
          <Button size="compact-sm" h={32} variant="default" leftSection={<X size={15} aria-hidden />} onClick={() => decideAll(false)}>
            Reject all
          </Button>
        </Group>
      )}
      <ul className={classes.list} aria-label={counted(pending.length, "detection")}>
        {pending.map((mark) => (
          <MarkRow
            key={mark.key}
            mark={mark}
            named
            detail={mark.model?.name ?? ""}
            selected={mark.key === selected}
            hovered={mark.key === hovered}
            onSelect={onSelect}
            onHover={onHover}
          >
            {decide && (
              <>
                <Tooltip label="Accept">
                  <ActionIcon variant="subtle" size={32} aria-label={`Accept ${mark.weedType}`} onClick={() => decide(true, mark.key)}>
                    <Check size={17} aria-hidden />
                  </ActionIcon>
                </Tooltip>
                <Tooltip label="Reject">
                  <ActionIcon variant="subtle" color="red" size={32} aria-label={`Reject ${mark.weedType}`} onClick={() => decide(false, mark.key)}>
                    <X size={17} aria-hidden />
                  </ActionIcon>
                </Tooltip>
              </>
            )}
          </MarkRow>
        ))}
      </ul>
    </section>
  );
}
