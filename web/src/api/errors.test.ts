import { expect, test } from "vitest";

import { byField, type UserProblem } from "./errors";

const problem = (message: string, ...field: string[]): UserProblem => ({ code: "INVALID", message, field });

test("a problem stands beside its field, whose path begins with input or not", () => {
  const problems = [problem("Too long.", "input", "name"), problem("Above 1.", "splits", "train")];
  expect(byField(problems, ["name", "splits.train"])).toEqual({ name: "Too long.", "splits.train": "Above 1." });
});

test("a part of a field that the form shows as one stands beside the one", () => {
  expect(byField([problem("Not 3.", "input", "augmentation", "rotation")], ["augmentation"])).toEqual({
    augmentation: "Not 3.",
  });
});

test("the field named exactly goes before the one that holds it", () => {
  expect(byField([problem("No.", "splits", "val")], ["splits", "splits.val"])).toEqual({ "splits.val": "No." });
});

test("a field whose name only begins alike is another one", () => {
  expect(byField([problem("No.", "nameOfTeam")], ["name"])).toEqual({ "": "No." });
});

test("what names no field of the form is not lost, and two of one field are both said", () => {
  const problems = [problem("Gone."), { ...problem("Busy."), field: null }, problem("Short.", "name"), problem("Odd.", "name")];
  expect(byField(problems, ["name"])).toEqual({ "": "Gone. Busy.", name: "Short. Odd." });
});
