import { renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { session } from "../../api/session";
import { useAwayGuard } from "./awayGuard";
import { SaveQueue } from "./saveQueue";

beforeEach(() => {
  vi.useFakeTimers();
  session.signIn("mine");
});
afterEach(() => vi.useRealTimers());

/** A queue whose server is away until `back`, on a page that was left with one change in it. */
async function left() {
  let away = true;
  const sent = vi.fn<(job: string) => void>();
  const queue = new SaveQueue<string>(
    async (job) => {
      if (away) throw new Error("Away.");
      sent(job);
    },
    () => undefined,
  );
  const page = renderHook(() => useAwayGuard(queue));
  queue.push("box");
  await vi.advanceTimersByTimeAsync(0);
  page.unmount();
  return { queue, sent, back: () => (away = false) };
}

function mayGo(): boolean {
  return window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
}

test("what could not be saved is sent once the server is back, and the tab holds on to it until then", async () => {
  const { sent, back } = await left();
  await vi.advanceTimersByTimeAsync(12_000);
  expect(mayGo()).toBe(false);
  back();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(sent).toHaveBeenCalledExactlyOnceWith("box");
  expect(mayGo()).toBe(true);
});

test("nobody's changes are sent by who signs in next", async () => {
  const { sent, back } = await left();
  session.signIn("somebody else's");
  back();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(sent).not.toHaveBeenCalled();
  expect(mayGo()).toBe(true);
});
