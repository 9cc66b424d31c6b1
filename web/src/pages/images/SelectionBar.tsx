import { ActionIcon, Button, Group, Paper, Text } from "@mantine/core";
import { ScanSearch, Trash2, X } from "lucide-react";

import { useMay } from "../../api/projectContext";
import { count, counted } from "../../components/numbers";
import classes from "./SelectionBar.module.css";

/** What can be done with the chosen images, at the foot of the window. */
export function SelectionBar({
  chosen,
  loaded,
  onAll,
  onClear,
  onDetect,
  onDelete,
}: {
  chosen: number;
  loaded: number;
  onAll: () => void;
  onClear: () => void;
  onDetect: () => void;
  onDelete: () => void;
}) {
  const mayDetect = useMay("detect");
  const mayDelete = useMay("upload");
  if (chosen === 0) return null;
  return (
    <Paper withBorder shadow="lg" className={classes.bar} role="region" aria-label="Chosen images">
      <Group gap="xs" wrap="nowrap">
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Clear the selection" onClick={onClear}>
          <X size={18} aria-hidden />
        </ActionIcon>
        <Text size="sm" fw={600} role="status" style={{ whiteSpace: "nowrap" }}>
          {count(chosen)} selected
        </Text>
        {chosen < loaded && (
          <Button size="compact-sm" variant="subtle" onClick={onAll} visibleFrom="sm">
            Select all {counted(loaded, "shown image")}
          </Button>
        )}
      </Group>
      <Group gap="xs" wrap="nowrap">
        {mayDetect && (
          <Button size="sm" variant="default" leftSection={<ScanSearch size={16} aria-hidden />} onClick={onDetect}>
            Detect<span className={classes.more}>&nbsp;on these</span>
          </Button>
        )}
        {mayDelete && (
          <Button size="sm" color="red.9" variant="filled" leftSection={<Trash2 size={16} aria-hidden />} onClick={onDelete}>
            Delete
          </Button>
        )}
      </Group>
    </Paper>
  );
}
