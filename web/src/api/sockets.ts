import { createClient, type Client } from "graphql-ws";
import { useSyncExternalStore } from "react";

import { session } from "./session";

export type Connection = "idle" | "connected" | "lost";

/** A server that refuses who we are closes with this; see graphql-transport-ws. */
const FORBIDDEN = 4403;

let state: Connection = "idle";
const listeners = new Set<() => void>();

function become(next: Connection): void {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

function webSocketAddress(): string {
  return window.location.origin.replace(/^http/, "ws") + "/graphql";
}

/** One connection for all subscriptions; it comes back by itself, for as long as somebody subscribes. */
export const sockets: Client = createClient({
  url: webSocketAddress,
  connectionParams: () => ({ Authorization: `Bearer ${session.token() ?? ""}` }),
  keepAlive: 10_000,
  retryAttempts: Number.POSITIVE_INFINITY,
  shouldRetry: () => session.token() !== null,
  retryWait: (tries) =>
    new Promise((resolve) => {
      const wait = setTimeout(resolve, Math.min(300 * 2 ** tries, 5_000) * (0.75 + Math.random() / 2));
      window.addEventListener("online", () => (clearTimeout(wait), resolve()), { once: true });
    }),
  on: {
    connected: () => become("connected"),
    closed: (event) => {
      const { code, wasClean } = event as CloseEvent;
      if (code === FORBIDDEN) session.expire();
      become(wasClean && code === 1000 ? "idle" : "lost");
    },
    ping: (received) => {
      if (!received) watchForPong();
    },
    pong: (received) => {
      if (received) clearTimeout(pongLate);
    },
  },
});

let pongLate: ReturnType<typeof setTimeout> | undefined;

/** A connection that died without a word is found by the pong that does not come. */
function watchForPong(): void {
  clearTimeout(pongLate);
  pongLate = setTimeout(() => sockets.terminate(), 5_000);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}
