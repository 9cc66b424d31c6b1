import { expect, test } from "vitest";

import { SaveQueue } from "./saveQueue";

/** Jobs `a1`, `a2` … are of one thing `a`; a later one stands for both, and `a0` undoes what waits. */
function queue() {
  const sent: string[] = [];
  const answers: { resolve: () => void; reject: (reason: Error) => void }[] = [];
  const jobs = new SaveQueue<string>(
    (job) => {
      sent.push(job);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
    (earlier, later) => (earlier[0] !== later[0] ? undefined : later[1] === "0" ? null : later),
  );
  const answer = async (fail?: string) => {
    const next = answers.shift();
    if (fail === undefined) next?.resolve();
    else next?.reject(new Error(fail));
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { jobs, sent, answer };
}

test("one after another, in order", async () => {
  const { jobs, sent, answer } = queue();
  jobs.push("a1");
  jobs.push("b1");
  expect(sent).toEqual(["a1"]);
  expect(jobs.read()).toEqual({ kind: "saving", left: 2 });
  await answer();
  expect(sent).toEqual(["a1", "b1"]);
  await answer();
  expect(jobs.read()).toEqual({ kind: "saved" });
});

test("what waits takes up later changes; what is on its way does not", async () => {
  const { jobs, sent, answer } = queue();
  jobs.push("a1");
  jobs.push("a2");
  jobs.push("a3");
  await answer();
  expect(sent).toEqual(["a1", "a3"]);
});

test("what cancels out is not sent", async () => {
  const { jobs, sent, answer } = queue();
  jobs.push("a1");
  jobs.push("b1");
  jobs.push("b0");
  await answer();
  expect(sent).toEqual(["a1"]);
  expect(jobs.read()).toEqual({ kind: "saved" });
});

test("after a failure everything waits for the retry, and the failed one is sent again as it was", async () => {
  const { jobs, sent, answer } = queue();
  jobs.push("a1");
  await answer("No connection.");
  jobs.push("a2");
  jobs.push("b1");
  expect(sent).toEqual(["a1"]);
  expect(jobs.read()).toEqual({ kind: "failed", left: 3, message: "No connection." });
  jobs.retry();
  await answer();
  await answer();
  await answer();
  expect(sent).toEqual(["a1", "a1", "a2", "b1"]);
  expect(jobs.read()).toEqual({ kind: "saved" });
});

test("what was given up is not sent with what comes later", async () => {
  const { jobs, sent, answer } = queue();
  jobs.push("a1");
  await answer("No connection.");
  jobs.push("b1");
  jobs.abandon();
  expect(jobs.read()).toEqual({ kind: "saved" });
  jobs.push("c1");
  jobs.push("d1");
  jobs.abandon();
  jobs.push("e1");
  await answer();
  await answer();
  expect(sent).toEqual(["a1", "c1", "e1"]);
});

test("what is dropped is not sent, but for the one on its way", async () => {
  const { jobs, sent, answer } = queue();
  jobs.push("a1");
  jobs.push("b1");
  jobs.push("a2");
  jobs.drop((job) => job.startsWith("a"));
  await answer();
  await answer();
  expect(sent).toEqual(["a1", "b1"]);
  expect(jobs.read()).toEqual({ kind: "saved" });
});
