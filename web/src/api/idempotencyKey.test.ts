import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";

import { newKey, useIdempotencyKey } from "./idempotencyKey";

test("the same input has the same key, also after another was tried in between", () => {
  const { result, rerender } = renderHook(() => useIdempotencyKey());
  const first = result.current({ epochs: 2 });
  const other = result.current({ epochs: 3 });
  rerender();
  expect(result.current({ epochs: 2 })).toBe(first);
  expect(other).not.toBe(first);
});

test("two forms never share a key", () => {
  const keys = [0, 1].map(() => renderHook(() => useIdempotencyKey()).result.current({ epochs: 2 }));
  expect(keys[0]).not.toBe(keys[1]);
  expect(newKey()).toMatch(/^[0-9a-f]{32}$/);
});
