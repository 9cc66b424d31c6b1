import { ActionIcon, Divider, Group, Kbd, Text, Tooltip } from "@mantine/core";
import { MousePointer2, Redo2, Square, Trash2, Undo2, VectorSquare, ZoomIn, ZoomOut, type LucideIcon } from "lucide-react";
import { useSyncExternalStore, type ReactNode } from "react";

import type { Editor } from "./editor";
import { ZOOM_STEP } from "./keys";
import type { Tool } from "./pictureGestures";
import type { ViewStore } from "./view";

const TOOLS: [tool: Tool, label: string, key: string, icon: LucideIcon][] = [
  ["select", "Select and move", "v", MousePointer2],
  ["box", "Draw boxes", "b", Square],
  ["polygon", "Draw polygons", "p", VectorSquare],
];

export function ToolButton({
  icon: Icon,
  label,
  hotkey,
  pressed,
  disabled,
  onClick,
}: {
  icon: LucideIcon;
  label: string;
  hotkey?: string;
  /** For what is on or off. */
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
}) {
  return (
    <Tooltip
      label={
        <>
          {label} {hotkey && <Kbd size="xs">{hotkey}</Kbd>}
        </>
      }
    >
      <ActionIcon
        variant={pressed ? "filled" : "subtle"}
        color={pressed ? undefined : "gray"}
        c={pressed || disabled ? undefined : "var(--mantine-color-text)"}
        size={34}
        aria-label={label}
        aria-pressed={pressed}
        disabled={disabled}
        bg={disabled ? "transparent" : undefined}
        onClick={onClick}
      >
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

/** Drawing tools, the class they draw, undo and redo. */
export function DrawingTools({
  editor,
  canUndo,
  canRedo,
  onTool,
  children,
}: {
  editor: Editor;
  canUndo: boolean;
  canRedo: boolean;
  onTool: (tool: Tool) => void;
  children: ReactNode;
}) {
  return (
    <Group gap={4} wrap="nowrap" role="toolbar" aria-label="Drawing">
      {TOOLS.map(([tool, label, key, icon]) => (
        <ToolButton key={tool} icon={icon} label={label} hotkey={key} pressed={editor.tool === tool} onClick={() => onTool(tool)} />
      ))}
      {children}
      <ToolButton icon={Trash2} label="Delete the selected annotation" hotkey="Del" disabled={!editor.mark} onClick={() => editor.remove()} />
      <Divider orientation="vertical" my={6} />
      <ToolButton icon={Undo2} label="Undo" hotkey="z" disabled={!canUndo} onClick={editor.undo} />
      <ToolButton icon={Redo2} label="Redo" hotkey="Shift z" disabled={!canRedo} onClick={editor.redo} />
    </Group>
  );
}

export function ZoomTools({ view }: { view: ViewStore }) {
  const { scale } = useSyncExternalStore(view.subscribe, view.read);
  const shown = `${Math.round(scale * 100)} %`;
  return (
    <Group gap={0} wrap="nowrap" role="group" aria-label="Zoom">
      <ToolButton icon={ZoomOut} label="Farther" hotkey="-" onClick={() => view.zoom(1 / ZOOM_STEP)} />
      <Tooltip
        label={
          <>
            Whole picture <Kbd size="xs">0</Kbd>
          </>
        }
      >
        <ActionIcon variant="subtle" color="gray" c="var(--mantine-color-text)" size={34} w={58} aria-label={`${shown}: whole picture`} onClick={view.fit}>
          <Text size="sm">{shown}</Text>
        </ActionIcon>
      </Tooltip>
      <ToolButton icon={ZoomIn} label="Closer" hotkey="+" onClick={() => view.zoom(ZOOM_STEP)} />
    </Group>
  );
}
