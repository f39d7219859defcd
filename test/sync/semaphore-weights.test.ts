import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { Semaphore, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";

describe("a weight", () => {
  test("is how many permits are taken and given back", async () => {
    const five = new Semaphore(5);
    const three = await five.acquire({ weight: 3 });
    const two = five.tryAcquire({ weight: 2 })!;
    expect([three.weight, two.weight, five.available]).toEqual([3, 2, 0]);
    three.release();
    expect(five.available).toBe(3);
    two.release();
    expect(five.available).toBe(5);
    await five.run(() => expect(five.available).toBe(1), { weight: 4 });
    expect(five.available).toBe(5);
  });

  test("is 1 when it is not given, or undefined", async () => {
    const two = new Semaphore(2);
    const permit = await two.acquire({ weight: undefined });
    expect([permit.weight, two.available]).toEqual([1, 1]);
    expect(two.tryAcquire({ weight: undefined })!.weight).toBe(1);
    permit.release();
    await two.run(() => expect(two.available).toBe(0), { weight: undefined });
    expect(two.available).toBe(1);
  });

  test("that is not free is not had in parts", async () => {
    const three = new Semaphore(3);
    const light = three.tryAcquire()!;
    expect(three.tryAcquire({ weight: 3 })).toBeUndefined();
    const heavy = three.acquire({ weight: 3 });
    expect([three.available, three.waiting]).toEqual([2, 1]);
    light.release();
    expect([three.available, three.waiting]).toEqual([0, 0]);
    (await heavy).release();
    expect(three.available).toBe(3);
  });

  test("of Infinity is refused, also where there are as many permits, or none", async () => {
    for (const permits of [Infinity, 3, 0]) {
      const semaphore = new Semaphore(permits);
      const weight = Infinity;
      expect(() => semaphore.tryAcquire({ weight })).toThrow(RangeError);
      await expect(semaphore.acquire({ weight })).rejects.toThrow(RangeError);
      await expect(semaphore.run(() => {}, { weight })).rejects.toThrow(RangeError);
      expect(semaphore.stats()).toEqual({ permits, available: permits, waiting: 0 });
    }
  });

  test("is given back by a function that fails", async () => {
    const three = new Semaphore(3);
    const call = three.run(() => Promise.reject(new Error("no")), { weight: 2 });
    expect(three.available).toBe(1);
    await expect(call).rejects.toThrow("no");
    expect(three.available).toBe(3);
  });
});

describe("a heavy caller", () => {
  test("is overtaken by no light one that comes later", async () => {
    await withVirtualClock(async (clock) => {
      const three = new Semaphore(3);
      const order: [string, number][] = [];
      const call = (name: string, weight: number): Promise<void> =>
        three.run(
          async () => {
            order.push([name, clock.now()]);
            await sleep(10);
          },
          { weight },
        );
      const first = call("first", 1);
      await sleep(5);
      await Promise.all([first, call("heavy", 3), call("light", 1), call("lighter", 1)]);
      expect(order).toEqual([
        ["first", 0],
        ["heavy", 10],
        ["light", 20],
        ["lighter", 20],
      ]);
    });
  });

  test("that is cancelled lets those behind it in at once", async () => {
    const three = new Semaphore(3);
    const held = three.tryAcquire()!;
    const controller = new AbortController();
    const order: string[] = [];
    const heavy = three.acquire({ weight: 3, signal: controller.signal });
    const light = three.acquire().then(() => order.push("light"));
    const run = three.run(() => order.push("run"));
    const heavier = three.acquire({ weight: 2 }).then((permit) => {
      order.push("heavier");
      return permit;
    });
    expect([three.available, three.waiting]).toEqual([2, 4]);
    controller.abort("gone");
    expect([three.available, three.waiting]).toEqual([0, 1]);
    await expect(heavy).rejects.toBe("gone");
    await Promise.all([light, run]);
    await turn();
    expect([order.toSorted(), three.waiting]).toEqual([["light", "run"], 1]);
    held.release();
    await heavier;
    expect(three.available).toBe(0);
  });

  test("that was handed its permits and is cancelled before it begins gives all of them back", async () => {
    const three = new Semaphore(3);
    const held = three.tryAcquire({ weight: 3 })!;
    const controller = new AbortController();
    const hold = deferred();
    const heavy = three.run(() => {}, { weight: 2, signal: controller.signal });
    const other = three.run(() => hold.promise, { weight: 3 });
    held.release();
    expect([three.available, three.waiting]).toEqual([1, 1]);
    controller.abort("gone");
    await expect(heavy).rejects.toBe("gone");
    expect([three.available, three.waiting]).toEqual([0, 0]);
    hold.resolve();
    await other;
    expect(three.available).toBe(3);
  });
});
