import { useEffect, useRef, type RefObject } from "react";

import { commandOf, isTyping, type Command } from "./keys";

/** Keys that are pressed in the layer, or nowhere; what is open above it keeps its own. True when it was taken. */
export function useCommands(layer: RefObject<HTMLElement | null>, obey: (command: Command) => boolean): void {
  const latest = useRef(obey);
  useEffect(() => {
    latest.current = obey;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as Node | null;
      if (event.defaultPrevented || isTyping(target)) return;
      if (target !== document.body && !layer.current?.contains(target)) return;
      if (event.key === "Enter" && target instanceof HTMLElement && ["BUTTON", "A"].includes(target.tagName)) return;
      const command = commandOf(event);
      if (command && latest.current(command)) event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [layer]);
}
