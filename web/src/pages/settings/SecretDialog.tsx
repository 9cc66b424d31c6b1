import { Alert, Button, Code, CopyButton, Group, Stack } from "@mantine/core";

import { Dialog } from "../../components/Dialog";

interface Shown {
  title: string;
  secret: string;
  /** Why it is not shown again, and what it is for. */
  about: string;
  onClose: () => void;
}

/** A secret that is shown once. */
export function SecretDialog({ title, secret, about, onClose }: Shown) {
  return (
    <Dialog opened onClose={onClose} title={title} closeOnClickOutside={false}>
      <Stack>
        <Alert color="yellow" title="Copy it now">
          {about}
        </Alert>
        <Code block style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {secret}
        </Code>
        <Group justify="flex-end">
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
