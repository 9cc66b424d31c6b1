/** What a key asks for in the viewer; "step" moves the selection by pixels. */
export type Command =
  | { kind: "tool"; tool: "select" | "box" | "polygon" }
  | { kind: "class"; index: number }
  | { kind: "step"; dx: number; dy: number }
  | { kind: "go"; by: 1 | -1 }
  | { kind: "decide"; accept: boolean }
  | { kind: "zoom"; factor: number }
  | { kind: "fit" | "delete" | "undo" | "redo" | "finish" | "leave" };

interface Press {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

const ARROWS: Record<string, [dx: number, dy: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export const ZOOM_STEP = 1.4;

const PLAIN: Record<string, Command> = {
  v: { kind: "tool", tool: "select" },
  b: { kind: "tool", tool: "box" },
  p: { kind: "tool", tool: "polygon" },
  j: { kind: "go", by: 1 },
  k: { kind: "go", by: -1 },
  a: { kind: "decide", accept: true },
  x: { kind: "decide", accept: false },
  "+": { kind: "zoom", factor: ZOOM_STEP },
  "=": { kind: "zoom", factor: ZOOM_STEP },
  "-": { kind: "zoom", factor: 1 / ZOOM_STEP },
  "0": { kind: "fit" },
  Delete: { kind: "delete" },
  Backspace: { kind: "delete" },
  Enter: { kind: "finish" },
  Escape: { kind: "leave" },
};

export function commandOf({ key, shiftKey, ctrlKey, metaKey, altKey }: Press): Command | null {
  const name = key.length === 1 ? key.toLowerCase() : key;
  if (name === "z" && !altKey) return { kind: shiftKey ? "redo" : "undo" };
  if (ctrlKey || metaKey || altKey) return null;
  if (/^[1-9]$/.test(name)) return { kind: "class", index: Number(name) - 1 };
  const arrow = ARROWS[name];
  if (arrow) return { kind: "step", dx: arrow[0] * (shiftKey ? 10 : 1), dy: arrow[1] * (shiftKey ? 10 : 1) };
  return PLAIN[name] ?? null;
}

/** Keys belong to what one types in, and to a menu or dialog that is open above. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}
