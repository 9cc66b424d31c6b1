import { describe, expect, it } from "vitest";

import {
  bestEpoch,
  fractionDone,
  NOTHING_YET,
  progressReducer,
  secondsTaken,
  type Epoch,
  type Progress,
  type TrainingNews,
} from "./progress";

const epoch = (number: number, mAP5095 = number / 100): Epoch => ({ epoch: number, seconds: 2, boxLoss: 3 / number, mAP5095 });
const at = "2026-11-29T02:00:00Z";

function read(state: Progress, numbers: number[], etaSeconds: number | null = null): Progress {
  const job = { epoch: Math.max(0, ...numbers), etaSeconds, epochs: numbers.map((number) => epoch(number)) };
  return progressReducer(state, { type: "read", job });
}

function told(state: Progress, ...news: Partial<TrainingNews>[]): Progress {
  return news.reduce<Progress>(
    (now, one) => progressReducer(now, { type: "told", news: { cursor: "c", at, kind: "LOG", epoch: 0, ...one } }),
    state,
  );
}

const completed = (number: number, mAP5095?: number): Partial<TrainingNews> => ({
  kind: "EPOCH",
  epoch: number,
  etaSeconds: 40,
  metrics: epoch(number, mAP5095),
});

const numbers = (state: Progress) => state.epochs.map((one) => one.epoch);

describe("a training's progress", () => {
  it("goes on from what was read, each epoch once, however often the stream repeats them", () => {
    const state = told(read(NOTHING_YET, [1, 2]), completed(2), completed(3), completed(3), completed(4));
    expect(numbers(state)).toEqual([1, 2, 3, 4]);
    expect(state.done).toBe(4);
    expect(state.readings).toBe(0);
    expect(state.etaSeconds).toBe(40);
  });

  it("keeps the same points while nothing is new, so that nothing is drawn again", () => {
    const state = read(NOTHING_YET, [1, 2]);
    expect(told(state, completed(2)).epochs).toBe(state.epochs);
    expect(told(state, { kind: "BATCH", epoch: 3, batch: 1, batches: 9 }).epochs).toBe(state.epochs);
    expect(read(state, [1, 2]).epochs).toBe(state.epochs);
  });

  it("asks for a reading when an epoch is missing, which fills the gap", () => {
    const behind = told(read(NOTHING_YET, [1]), completed(4));
    expect(behind.readings).toBe(1);
    const caughtUp = read(behind, [1, 2, 3]);
    expect(numbers(caughtUp)).toEqual([1, 2, 3, 4]);
    expect(caughtUp.done).toBe(4);
  });

  it("takes an epoch's figures from the newer attempt that was read, not from the stream's first", () => {
    const first = told(NOTHING_YET, completed(1, 0.1));
    const again = progressReducer(first, { type: "read", job: { epoch: 1, epochs: [epoch(1, 0.2)] } });
    expect(told(again, completed(1, 0.1)).epochs[0]?.mAP5095).toBe(0.2);
  });

  it("is not set back by a reading that is older than the stream", () => {
    const state = read(told(read(NOTHING_YET, [1]), completed(2)), [1], 90);
    expect(state.done).toBe(2);
    expect(state.etaSeconds).toBe(40);
  });

  it("shows batches until their epoch is complete", () => {
    const state = told(read(NOTHING_YET, [1]), { kind: "BATCH", epoch: 2, batch: 3, batches: 6 });
    expect(state.running).toEqual({ epoch: 2, batch: 3, batches: 6 });
    expect(fractionDone(state, 10, "RUNNING")).toBeCloseTo(0.15);
    expect(told(state, completed(2)).running).toBeNull();
  });

  it("says what is prepared until the first batch", () => {
    const state = told(NOTHING_YET, { kind: "BATCH", message: "5 of 90 images are rendered." });
    expect(state.preparing).toBe("5 of 90 images are rendered.");
    expect(told(state, { kind: "BATCH", epoch: 1, batch: 1, batches: 2 }).preparing).toBeNull();
  });

  it("has the job read anew at each status, and forgets the batch that was cut off", () => {
    const cutOff: Partial<TrainingNews> = { kind: "BATCH", epoch: 2, batch: 1, batches: 6 };
    const state = told(read(NOTHING_YET, [1]), cutOff, { kind: "STATUS", message: "Taken up again, attempt 2." });
    expect(state.running).toBeNull();
    expect(state.readings).toBe(1);
    expect(state.notice).toEqual({ at, message: "Taken up again, attempt 2." });
  });

  it("keeps the newest line of the log as a notice", () => {
    const state = told(NOTHING_YET, { message: "first" }, { kind: "STATUS", message: null }, { message: "second" });
    expect(state.notice?.message).toBe("second");
    expect(state.readings).toBe(1);
  });
});

describe("the part that is done", () => {
  it("does not run backwards while an interrupted epoch is repeated", () => {
    const state = told(read(NOTHING_YET, [1, 2, 3]), { kind: "BATCH", epoch: 2, batch: 1, batches: 2 });
    expect(fractionDone(state, 6, "RUNNING")).toBe(0.5);
  });

  it("is all of it when a training ends early", () => {
    expect(fractionDone(read(NOTHING_YET, [1, 2]), 100, "COMPLETED")).toBe(1);
  });
});

it("finds the best epoch by mAP50-95, the earliest of equals, and none while there is nothing to tell", () => {
  expect(bestEpoch([epoch(1, 0.1), epoch(2, 0.3), epoch(3, 0.3), epoch(4, 0.2)])?.epoch).toBe(2);
  expect(bestEpoch([epoch(1, 0), epoch(2, 0)])).toBeUndefined();
});

it("counts the time from the start to the end, or to now", () => {
  const now = Date.parse("2026-11-29T02:10:00Z");
  expect(secondsTaken({ startedAt: at }, now)).toBe(600);
  expect(secondsTaken({ startedAt: at, finishedAt: "2026-11-29T02:01:00Z" }, now)).toBe(60);
  expect(secondsTaken({ startedAt: null }, now)).toBeNull();
});
