import { Alert, List, Text } from "@mantine/core";
import { Info } from "lucide-react";

/** Warnings of the server, each with how often it applies. */
export function Warnings({ warnings, title = "Worth knowing" }: { warnings: readonly { code: string; message: string }[]; title?: string }) {
  if (warnings.length === 0) return null;
  return (
    <Alert color="yellow" variant="light" icon={<Info aria-hidden />} title={title}>
      <List size="sm" spacing={4} listStyleType={warnings.length > 1 ? "disc" : "none"}>
        {warnings.map(({ code, message }) => (
          <List.Item key={`${code} ${message}`}>
            <Text size="sm" span style={{ overflowWrap: "anywhere" }}>
              {message}
            </Text>
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
