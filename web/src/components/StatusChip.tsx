import { Badge, type MantineColor } from "@mantine/core";
import {
  Archive,
  Ban,
  CircleCheck,
  CircleX,
  Clock,
  LoaderCircle,
  Rocket,
  History,
  type LucideIcon,
} from "lucide-react";

/** Every status of the contract, as a word, a colour and an icon: never colour alone. */
const STATUSES: Record<string, [word: string, colour: MantineColor, icon: LucideIcon]> = {
  CREATING: ["Creating", "blue", LoaderCircle],
  READY: ["Ready", "forest", CircleCheck],
  TRAINING: ["Training", "blue", LoaderCircle],
  FAILED: ["Failed", "red", CircleX],
  ARCHIVED: ["Archived", "gray", Archive],
  QUEUED: ["Queued", "gray", Clock],
  PREPARING: ["Preparing", "blue", LoaderCircle],
  RUNNING: ["Running", "blue", LoaderCircle],
  RENDERING: ["Rendering", "blue", LoaderCircle],
  COMPLETED: ["Completed", "forest", CircleCheck],
  CANCELLED: ["Cancelled", "gray", Ban],
  PENDING: ["Pending", "blue", LoaderCircle],
  ACTIVE: ["Deployed", "forest", Rocket],
  SUPERSEDED: ["Replaced", "gray", History],
  OPEN: ["Uploading", "blue", LoaderCircle],
  VERIFYING: ["Checking", "blue", LoaderCircle],
  DONE: ["Done", "forest", CircleCheck],
};

/** `detail` follows the word, as `Training 12/100`; `word` takes its place. */
export function StatusChip({ status, detail, word }: { status: string; detail?: string; word?: string }) {
  const [usual, colour, Icon] = STATUSES[status] ?? [status, "gray", Clock];
  return (
    <Badge
      variant="light"
      color={colour}
      autoContrast
      leftSection={<Icon size={12} aria-hidden />}
      tt="none"
      fw={600}
      className="status-chip"
      style={{ flex: "none" }}
    >
      {word ?? usual}
      {detail ? ` ${detail}` : ""}
    </Badge>
  );
}
