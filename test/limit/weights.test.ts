import { expect, test } from "vitest";
import { limit } from "corral";
import { deferred } from "../support/deferred.ts";

test("limit() takes as many places as a call weighs, and lets no light one overtake a heavy one", async () => {
  const run = limit(3);
  const order: string[] = [];
  const hold = deferred();
  const first = run(() => hold.promise, { weight: 2 });
  const heavy = run(() => order.push("heavy"), { weight: 3 });
  const light = run(() => order.push("light"));
  expect([run.active, run.pending]).toEqual([2, 2]);
  hold.resolve();
  await Promise.all([first, heavy, light]);
  expect([order, run.active]).toEqual([["heavy", "light"], 0]);
});

test("limit() refuses a call that weighs more than there are places", async () => {
  const run = limit(2);
  let called = false;
  const call = run(() => (called = true), { weight: 3 });
  await expect(call).rejects.toThrow(
    new RangeError('Cannot run under a limit: "weight" must be at most 2, received 3'),
  );
  expect([called, run.active, run.pending]).toEqual([false, 0, 0]);
});

test("limit() rejects who waits and weighs more than a lowered concurrency, and lets the next ones in", async () => {
  const run = limit(3);
  const hold = deferred();
  const first = run(() => hold.promise, { weight: 3 });
  const heavy = run(() => "heavy", { weight: 3 });
  const light = run(() => "light", { weight: 2 });
  run.concurrency = 2;
  await expect(heavy).rejects.toBeInstanceOf(RangeError);
  hold.resolve();
  await first;
  expect(await light).toBe("light");
});
