import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { complain, tell, useAction } from "../../api/action";
import { counted } from "../../components/numbers";
import { DELETE_IMAGES } from "./documents";

/** The contract's limit for one call. */
const AT_ONCE = 1_000;

/** Asks before images go, and says what stays. */
export function DeleteDialog({
  ids,
  onClose,
  onDeleted,
}: {
  /** Null closes it. */
  ids: readonly string[] | null;
  onClose: () => void;
  onDeleted: () => void;
}) {
  const [remove, busy] = useAction(DELETE_IMAGES, (data) => data.deleteAssets);
  const [done, setDone] = useState(0);
  const total = ids?.length ?? 0;
  const submit = async () => {
    let deleted = 0;
    for (let first = 0; first < total; first += AT_ONCE) {
      const { payload } = await remove({ ids: ids?.slice(first, first + AT_ONCE) ?? [] });
      if (!payload) break;
      deleted += payload.deletedIds.length;
      setDone(deleted);
    }
    setDone(0);
    if (deleted === total) tell(`${counted(deleted, "image")} deleted.`);
    else if (deleted > 0) complain(`${counted(deleted, "image")} of ${total} deleted; the others are still there.`);
    if (deleted > 0) onDeleted();
    onClose();
  };
  return (
    <Modal opened={ids !== null} onClose={onClose} title={`Delete ${counted(total, "image")}?`} closeOnClickOutside={!busy}>
      <Stack>
        <Text size="sm">
          They leave the project at once, with their annotations and findings. This cannot be undone. Dataset versions
          that froze them keep them.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={busy}>
            Keep them
          </Button>
          <Button color="red.9" loading={busy} onClick={() => void submit()}>
            {done > 0 ? `${done} of ${total} deleted` : `Delete ${counted(total, "image")}`}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
