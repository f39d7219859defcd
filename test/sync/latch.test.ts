import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Latch } from "corral";

describe("a latch", () => {
  test("lets all go when its count is zero, in the order in which they came", async () => {
    const latch = new Latch(2);
    const log: string[] = [];
    const calls = ["a", "b", "c"].map((name) => latch.wait().then(() => log.push(name)));
    latch.countDown();
    await turn();
    expect([log, latch.count, latch.waiting]).toEqual([[], 1, 3]);
    latch.countDown();
    expect([latch.count, latch.waiting]).toEqual([0, 0]);
    await Promise.all(calls);
    expect(log).toEqual(["a", "b", "c"]);
  });

  test("of zero is open from the start", async () => {
    const latch = new Latch(0);
    expect(await latch.wait()).toBeUndefined();
    expect(latch.stats()).toEqual({ count: 0, waiting: 0 });
  });

  test("stays open, for whoever comes", async () => {
    const latch = new Latch(1);
    latch.countDown();
    await latch.wait();
    await latch.wait();
    expect(latch.waiting).toBe(0);
  });

  test("counts down by more than one", async () => {
    const latch = new Latch(5);
    const waiting = latch.wait();
    latch.countDown(3);
    expect(latch.count).toBe(2);
    latch.countDown(2);
    await waiting;
    expect(latch.count).toBe(0);
  });

  test("refuses to count below zero, and stays as it is", async () => {
    const latch = new Latch(2);
    const waiting = latch.wait();
    expect(() => latch.countDown(3)).toThrow(
      new RangeError('Cannot count down a latch: "n" must be at most 2, received 3'),
    );
    expect(() => latch.countDown(Infinity)).toThrow(RangeError);
    expect([latch.count, latch.waiting]).toEqual([2, 1]);
    latch.countDown(2);
    await waiting;
    expect(() => latch.countDown()).toThrow(RangeError);
    expect(latch.count).toBe(0);
  });
});
