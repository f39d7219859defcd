import { describe, expect, test } from "vitest";
import { Semaphore, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { unhandledDuring } from "../support/unhandled.ts";

describe("resize()", () => {
  test("to more hands them out at once, in order", async () => {
    await withVirtualClock(async (clock) => {
      const semaphore = new Semaphore(1);
      const starts: [number, number][] = [];
      const calls = [0, 1, 2, 3].map((i) =>
        semaphore.run(async () => {
          starts.push([i, clock.now()]);
          await sleep(10);
        }),
      );
      await sleep(5);
      semaphore.resize(3);
      expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
      await Promise.all(calls);
      expect(starts).toEqual([
        [0, 0],
        [1, 5],
        [2, 5],
        [3, 10],
      ]);
      expect(semaphore.available).toBe(3);
    });
  });

  test("to fewer takes nothing away, and comes into force as permits are released", async () => {
    const semaphore = new Semaphore(3);
    const held = [1, 2, 3].map(() => semaphore.tryAcquire()!);
    semaphore.resize(1);
    expect([semaphore.available, semaphore.stats().permits]).toEqual([-2, 1]);
    const waiting = semaphore.acquire();
    held[0]!.release();
    held[1]!.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 1]);
    held[2]!.release();
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 0]);
    (await waiting).release();
    expect(semaphore.available).toBe(1);
  });

  test("to the number there are changes nothing", () => {
    const semaphore = new Semaphore(2);
    void semaphore.tryAcquire();
    semaphore.resize(2);
    expect(semaphore.stats()).toEqual({ permits: 2, available: 1, waiting: 0 });
  });

  test("to Infinity lets all in", async () => {
    const semaphore = new Semaphore(1);
    void semaphore.tryAcquire();
    const calls = [1, 2, 3].map(() => semaphore.acquire());
    semaphore.resize(Infinity);
    expect([semaphore.available, semaphore.waiting]).toEqual([Infinity, 0]);
    await Promise.all(calls);
  });

  test("rejects who waits for more than there are now, and serves the rest", async () => {
    const semaphore = new Semaphore(5);
    const held = semaphore.tryAcquire({ weight: 5 })!;
    const order: string[] = [];
    const heavy = semaphore.acquire({ weight: 4 });
    const two = semaphore.acquire({ weight: 2 }).then((permit) => {
      order.push("two");
      return permit;
    });
    const heavyRun = semaphore.run(() => order.push("never"), { weight: 3 });
    const one = semaphore.run(() => order.push("one"));
    semaphore.resize(2);
    expect([semaphore.available, semaphore.waiting]).toEqual([-3, 2]);
    await expect(heavy).rejects.toThrow(RangeError);
    await expect(heavy).rejects.toThrow('"weight" must be at most 2, received 4');
    await expect(heavyRun).rejects.toThrow(RangeError);
    held.release();
    (await two).release();
    await one;
    expect(order).toEqual(["two", "one"]);
    expect(semaphore.available).toBe(2);
  });

  test("rejects a heavy one in the way of a light one, which goes on at once", async () => {
    const semaphore = new Semaphore(3);
    void semaphore.tryAcquire();
    const heavy = semaphore.acquire({ weight: 3 });
    const light = semaphore.acquire();
    semaphore.resize(2);
    expect(semaphore.waiting).toBe(0);
    await expect(heavy).rejects.toThrow(RangeError);
    expect((await light).weight).toBe(1);
  });

  test("to none lets all wait, also the heavy ones, until there are some again", async () => {
    const semaphore = new Semaphore(3);
    const held = semaphore.tryAcquire({ weight: 3 })!;
    const calls = [semaphore.acquire({ weight: 3 }), semaphore.acquire()];
    semaphore.resize(0);
    held.release();
    const heavier = semaphore.acquire({ weight: 10 });
    expect([semaphore.available, semaphore.waiting]).toEqual([0, 3]);
    semaphore.resize(4);
    await expect(heavier).rejects.toThrow('"weight" must be at most 4, received 10');
    expect((await Promise.all(calls)).map(({ weight }) => weight)).toEqual([3, 1]);
  });

  test("leaves no unhandled rejection of those it turns away", async () => {
    const unhandled = await unhandledDuring(() => {
      const semaphore = new Semaphore(3);
      void semaphore.tryAcquire();
      void semaphore.acquire({ weight: 3 });
      void semaphore.run(() => {}, { weight: 3 });
      semaphore.resize(1);
      expect(semaphore.waiting).toBe(0);
    });
    expect(unhandled).toEqual([]);
  });
});
