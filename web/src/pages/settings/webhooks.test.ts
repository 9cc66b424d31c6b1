import { expect, test } from "vitest";

import { answerOf, stateOf, type Delivery } from "./webhooks";

const NEW: Delivery = {
  id: "1",
  event: "VERSION_READY",
  attempts: 0,
  status: null,
  error: null,
  createdAt: "2026-05-01T08:00:00Z",
  deliveredAt: null,
  nextTryAt: "2026-05-01T08:00:00Z",
};

test("a delivery waits, is sent, is tried again, and comes through or is given up", () => {
  const failed = { ...NEW, attempts: 3, status: 500, error: "The receiver answered with HTTP 500." };
  const words = [
    NEW,
    { ...NEW, attempts: 1 },
    failed,
    { ...failed, nextTryAt: null },
    { ...failed, attempts: 4, status: 204, error: null, nextTryAt: null, deliveredAt: "2026-05-01T08:06:10Z" },
  ].map((one) => [stateOf(one)[1], answerOf(one)]);
  expect(words).toEqual([
    ["Waiting", "not sent yet"],
    ["Sending", "no answer, 1 try"],
    ["Retrying", "HTTP 500, 3 tries"],
    ["Given up", "HTTP 500, 3 tries"],
    ["Delivered", "HTTP 204, 4 tries"],
  ]);
});
