import { useSyncExternalStore } from "react";

const TOKEN = "agridrone.token";
const STATE = "agridrone.sign-in-state";
/** In localStorage, so that a link opened in another tab is signed in too; the strict CSP lets no foreign script read it. */
const listeners = new Set<() => void>();
let notice: string | null = null;

function tell(): void {
  for (const listener of listeners) listener();
}

window.addEventListener("storage", (event) => {
  if (event.key === TOKEN) tell();
});

export const session = {
  /** The bearer token, or null where nobody is signed in. */
  token(): string | null {
    return localStorage.getItem(TOKEN);
  },

  signIn(token: string): void {
    notice = null;
    localStorage.setItem(TOKEN, token);
    tell();
  },

  signOut(): void {
    localStorage.removeItem(TOKEN);
    tell();
  },

  /** The server no longer takes the token: the sign-in page says so. */
  expire(): void {
    if (session.token() === null) return;
    notice = "You were signed out: the sign-in has ended or was revoked. Sign in again to go on where you were.";
    session.signOut();
  },

  /** Why one has to sign in again, where that was not one's own wish. */
  notice(): string | null {
    return notice;
  },

  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** The token, live: it changes as somebody signs in or out, in this tab or another. */
export function useToken(): string | null {
  return useSyncExternalStore(session.subscribe, session.token);
}

/**
 * The address of the configured sign-in page, which comes back to `returnTo` with `#token=…&state=…`.
 * The state keeps a stranger's link from signing somebody in as the stranger.
 */
export function signInAddress(page: string, returnTo: string): string {
  const state = crypto.getRandomValues(new Uint32Array(4)).join("-");
  sessionStorage.setItem(STATE, state);
  const address = new URL(page);
  address.searchParams.set("return_to", returnTo);
  address.searchParams.set("state", state);
  return address.toString();
}

/** Takes up the token that a sign-in page sent back in the address, and takes it out of there. */
export function acceptReturn(location: Location = window.location): void {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get("token");
  if (token === null) return;
  history.replaceState(null, "", location.pathname + location.search);
  const expected = sessionStorage.getItem(STATE);
  sessionStorage.removeItem(STATE);
  if (expected !== null && given.get("state") === expected) session.signIn(token);
  else notice = "The sign-in page answered a question that this browser tab did not ask. Sign in again from here.";
}
