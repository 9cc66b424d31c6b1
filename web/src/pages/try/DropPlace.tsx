import { Button, FileButton, Group, Loader, Paper, Text } from "@mantine/core";
import { Image as ImageIcon } from "lucide-react";
import { useState, type DragEvent } from "react";

import classes from "./TryPage.module.css";

/** Takes one image, dropped or chosen. */
export function DropPlace({ onFile, busy, small }: { onFile: (file: File) => void; busy: boolean; small: boolean }) {
  const [over, setOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file) onFile(file);
  };
  return (
    <Paper
      withBorder
      p={small ? "sm" : "xl"}
      className={over ? `${classes.drop} ${classes.over}` : classes.drop}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Group justify="center" gap="sm">
        {busy ? <Loader size="sm" aria-label="Detecting" /> : <ImageIcon aria-hidden />}
        <Text size="sm">{busy ? "Detecting…" : "Drop an image here, or"}</Text>
        <FileButton onChange={(file) => file && onFile(file)} accept="image/*,.tif,.tiff">
          {(props) => (
            <Button {...props} variant="default" size="xs" disabled={busy}>
              Choose an image
            </Button>
          )}
        </FileButton>
      </Group>
    </Paper>
  );
}
