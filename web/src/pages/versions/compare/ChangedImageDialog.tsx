import { Modal, Stack } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";

import { DeltaWords, deltaName } from "./ChangedImage";
import type { Delta } from "./ChangedImages";
import { Pair } from "./Pair";

/** One changed image large. */
export function ChangedImageDialog({
  delta,
  before,
  after,
  onClose,
}: {
  delta: Delta | null;
  before: number;
  after: number;
  onClose: () => void;
}) {
  const phone = useMediaQuery("(max-width: 48em)");
  return (
    <Modal
      opened={delta !== null}
      onClose={onClose}
      size="90%"
      fullScreen={phone}
      title={<span style={{ overflowWrap: "anywhere" }}>{delta && deltaName(delta)}</span>}
    >
      {delta && (
        <Stack gap="sm">
          <DeltaWords delta={delta} />
          <Pair delta={delta} before={before} after={after} large />
        </Stack>
      )}
    </Modal>
  );
}
