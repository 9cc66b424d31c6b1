import { Button, FileButton, Group } from "@mantine/core";
import { FolderUp, ImageUp } from "lucide-react";
import { useRef } from "react";

import { IMAGE_TYPES, inputFiles, type PathedFile } from "../../uploads/imageFiles";

/** Chooses images, or a folder with all that is in it. */
export function UploadButtons({ onFiles }: { onFiles: (files: PathedFile[]) => void }) {
  const folder = useRef<HTMLInputElement>(null);
  return (
    <Group gap="xs">
      <FileButton multiple accept={IMAGE_TYPES} onChange={(files) => onFiles(files.map((file) => ({ path: file.name, file })))}>
        {(props) => (
          <Button {...props} leftSection={<ImageUp size={16} aria-hidden />}>
            Upload images
          </Button>
        )}
      </FileButton>
      <Button
        variant="default"
        leftSection={<FolderUp size={16} aria-hidden />}
        onClick={() => folder.current?.click()}
        visibleFrom="sm"
      >
        Upload folder
      </Button>
      <input
        ref={folder}
        type="file"
        multiple
        hidden
        aria-label="Folder of images"
        {...{ webkitdirectory: "" }}
        onChange={({ currentTarget }) => {
          if (currentTarget.files) onFiles(inputFiles(currentTarget.files));
          currentTarget.value = "";
        }}
      />
    </Group>
  );
}
