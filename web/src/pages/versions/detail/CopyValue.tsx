import { ActionIcon, Code, CopyButton, Group, Text, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";

/** A long value that people copy rather than read, shown in full on hover. */
export function CopyValue({ term, value }: { term: string; value: string }) {
  return (
    <Group gap={6} wrap="nowrap" miw={0}>
      <Tooltip label={value} multiline maw={420} style={{ overflowWrap: "anywhere" }}>
        <Code tabIndex={0} miw={0} style={{ overflow: "hidden" }}>
          <Text span inherit truncate display="block">
            {value}
          </Text>
        </Code>
      </Tooltip>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon variant="subtle" color={copied ? "forest" : "gray"} size={32} onClick={copy} aria-label={`${copied ? "Copied" : "Copy"} ${term}`}>
            {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
          </ActionIcon>
        )}
      </CopyButton>
    </Group>
  );
}
