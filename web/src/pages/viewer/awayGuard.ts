import { useEffect } from "react";

import { complain } from "../../api/action";
import { session } from "../../api/session";
import { counted } from "../../components/numbers";
import type { SaveQueue, SaveState } from "./saveQueue";

const AGAIN_MS = 5_000;
const TRIES = 12;

type Queue = Pick<SaveQueue<unknown>, "read" | "subscribe" | "retry">;

/**
 * The browser asks before the page goes while something is not saved. Where the page was left by a link or the browser's
 * own buttons, what waits is still sent.
 */
export function useAwayGuard(queue: Queue): void {
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (queue.read().kind !== "saved") event.preventDefault();
    };
    const leave = () => window.removeEventListener("beforeunload", ask);
    window.addEventListener("beforeunload", ask);
    return () => {
      if (queue.read().kind === "saved") leave();
      else void sendRest(queue).finally(leave);
    };
  }, [queue]);
}

/** Tries for a minute, for whoever was signed in as it was done. */
async function sendRest(queue: Queue): Promise<void> {
  const token = session.token();
  for (let tries = 1; ; tries += 1) {
    const state = await ended(queue);
    if (state.kind !== "failed") return;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    if (tries === TRIES || session.token() !== token) {
      return complain(`${counted(state.left, "change")} of annotations could not be saved. ${state.message}`);
    }
    queue.retry();
  }
}

/** The queue's state once it sends nothing. */
function ended(queue: Queue): Promise<SaveState> {
  return new Promise((resolve) => {
    const look = () => {
      const state = queue.read();
      if (state.kind === "saving") return;
      leave();
      resolve(state);
    };
    const leave = queue.subscribe(look);
    look();
  });
}
