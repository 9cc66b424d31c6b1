import type { Editor } from "./editor";
import type { Command } from "./keys";
import type { Tool } from "./pictureGestures";
import type { ViewStore } from "./view";

export interface Obedient {
  editor: Editor;
  view: ViewStore;
  names: readonly string[];
  mayEdit: boolean;
  mayReview: boolean;
  go: (by: 1 | -1) => void;
  close: () => void;
  pick: (name: string) => void;
  use: (tool: Tool) => void;
}

/** Does what a key asks for; false when it means nothing here. */
export function obey(command: Command, on: Obedient): boolean {
  switch (command.kind) {
    case "go":
      on.go(command.by);
      return true;
    case "zoom":
      on.view.zoom(command.factor);
      return true;
    case "fit":
      on.view.fit();
      return true;
    case "leave":
      if (!on.editor.letGo()) on.close();
      return true;
    case "decide":
      if (on.mayReview) on.editor.decide(command.accept);
      return on.mayReview;
    default:
      return on.mayEdit && edit(command, on);
  }
}

function edit(command: Command, { editor, names, pick, use }: Obedient): boolean {
  const name = command.kind === "class" ? names[command.index] : undefined;
  if (command.kind === "tool") use(command.tool);
  else if (name !== undefined) pick(name);
  else if (command.kind === "step") editor.step(command.dx, command.dy);
  else if (command.kind === "delete") editor.remove();
  else if (command.kind === "undo") editor.undo();
  else if (command.kind === "redo") editor.redo();
  else if (command.kind === "finish" && editor.corners.length) editor.finish();
  else return false;
  return true;
}
