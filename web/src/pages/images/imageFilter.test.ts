import { expect, it } from "vitest";

import { apiFilter, NO_FILTER, readFilter, writeFilter, type ImageFilter } from "./imageFilter";

it("comes back from the address as it was written", () => {
  const filter: ImageFilter = { batch: "b1", className: "a & b", annotated: false, pending: true, search: "DJI 1" };
  expect(readFilter(new URLSearchParams(writeFilter(filter).toString()))).toEqual(filter);
  expect(apiFilter(filter)).toEqual({
    uploadBatchId: "b1",
    className: "a & b",
    annotated: false,
    hasPending: true,
    search: "DJI 1",
  });
});

it("is nothing where nothing is chosen, or the address says something else", () => {
  expect(writeFilter(NO_FILTER).toString()).toBe("");
  expect(apiFilter(readFilter(new URLSearchParams("annotated=maybe&search=&other=1")))).toBeNull();
});
