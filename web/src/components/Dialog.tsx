import { Modal, type ModalProps } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";

/** A dialog; on a phone it has the whole screen. */
export function Dialog(props: ModalProps) {
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  return <Modal fullScreen={phone} {...props} />;
}
