import { Overlay, Stack, Text } from "@mantine/core";
import { FolderDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { complain } from "../../api/action";
import { droppedFiles, type PathedFile } from "../../uploads/imageFiles";
import classes from "./DropArea.module.css";

/** Takes files and folders that are dropped anywhere on the page, and says so while they hover over it. */
export function DropArea({ onFiles }: { onFiles: (files: PathedFile[]) => void }) {
  const [over, setOver] = useState(false);
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    // Each element that is entered on the way tells of itself before the one before is left.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth += 1;
      setOver(true);
    };
    const hover = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      droppedFiles(event.dataTransfer.items).then(
        (files) => latest.current(files),
        () => complain("What was dropped could not be read. Check that you may open it, or use Upload folder."),
      );
    };
    const listeners = { dragenter: enter, dragover: hover, dragleave: leave, drop };
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener as EventListener);
    };
  }, []);
  if (!over) return null;
  return (
    <Overlay fixed zIndex={300} className={classes.overlay} backgroundOpacity={0}>
      <Stack align="center" gap="xs" className={classes.card}>
        <FolderDown size={40} aria-hidden />
        <Text fw={600} size="lg">
          Drop to upload
        </Text>
        <Text size="sm">Photos and folders of photos: JPEG, PNG, TIFF, WebP</Text>
      </Stack>
    </Overlay>
  );
}
