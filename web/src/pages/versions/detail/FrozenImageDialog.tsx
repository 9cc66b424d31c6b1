import { ActionIcon, Group, Modal, SegmentedControl, Text } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";

import { count } from "../../../components/numbers";
import { FrozenImageFacts } from "./FrozenImageFacts";
import classes from "./FrozenImageDialog.module.css";
import type { FrozenImage } from "./FrozenImages";
import { NetworkView } from "./NetworkView";
import { SharpeningPicture } from "./SharpeningPicture";

/** One frozen image large, with its boxes and facts, or as a training sees it. `j` and `k` go on and back. */
export function FrozenImageDialog({
  versionId,
  images,
  index,
  onMove,
  onClose,
}: {
  versionId: string;
  images: readonly FrozenImage[];
  index: number | null;
  onMove: (index: number) => void;
  onClose: () => void;
}) {
  const phone = useMediaQuery("(max-width: 48em)");
  const [view, setView] = useState("frozen");
  const image = index === null ? undefined : images[index];
  const move = (by: number) => index !== null && images[index + by] && onMove(index + by);
  useHotkeys([
    ["j", () => move(1)],
    ["k", () => move(-1)],
  ]);
  return (
    <Modal
      opened={image !== undefined}
      onClose={onClose}
      size={1180}
      fullScreen={phone}
      title={<span className={classes.name}>{image?.filename}</span>}
    >
      {image && index !== null && (
        <>
          <Group justify="space-between" gap="xs" mb="sm">
            <SegmentedControl
              size="sm"
              aria-label="View"
              value={view}
              onChange={setView}
              data={[
                { value: "frozen", label: "As frozen" },
                { value: "network", label: "As the network sees it" },
              ]}
            />
            <Group gap={4}>
              <ActionIcon variant="default" size={34} aria-label="Previous image" disabled={index === 0} onClick={() => move(-1)}>
                <ChevronLeft size={18} aria-hidden />
              </ActionIcon>
              <Text size="sm" miw={64} ta="center">
                {count(index + 1)} of {count(images.length)}
              </Text>
              <ActionIcon
                variant="default"
                size={34}
                aria-label="Next image"
                disabled={index === images.length - 1}
                onClick={() => move(1)}
              >
                <ChevronRight size={18} aria-hidden />
              </ActionIcon>
            </Group>
          </Group>
          {view === "network" ? (
            <NetworkView key={image.assetId} versionId={versionId} image={image} />
          ) : (
            <div className={classes.columns}>
              <SharpeningPicture
                key={image.assetId}
                image={image}
                alt={`${image.filename} with the annotations that were frozen`}
                shapes={image.annotations}
                style={{ width: `min(100%, calc(72vh * ${image.width / image.height}))`, margin: "0 auto" }}
              />
              <FrozenImageFacts image={image} />
            </div>
          )}
        </>
      )}
    </Modal>
  );
}
