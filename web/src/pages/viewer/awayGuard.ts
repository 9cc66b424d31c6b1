import { useEffect } from "react";

import type { Desk } from "./desk";

/** The browser asks before the page goes while something is not saved. */
export function useAwayGuard(queue: Desk["queue"]): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (queue.read().kind !== "saved") event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [queue]);
}
