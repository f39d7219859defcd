import { describe, expect, test } from "vitest";
import { CapacityLimiter, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

describe("a capacity limiter", () => {
  test("lends so many permits at once and no more", async () => {
    await withVirtualClock(async (clock) => {
      const limiter = new CapacityLimiter(3);
      let running = 0;
      let most = 0;
      await Promise.all(
        Array.from({ length: 10 }, (_, key) =>
          limiter.run(
            async () => {
              most = Math.max(most, ++running);
              await sleep(10);
              running--;
            },
            { key },
          ),
        ),
      );
      expect([most, clock.now()]).toEqual([3, 40]);
      expect(limiter.owners).toEqual([]);
    });
  });

  test("counts what is lent, what is free and who waits", async () => {
    const limiter = new CapacityLimiter(2);
    const first = await limiter.acquire({ key: 1 });
    const second = limiter.tryAcquire({ key: 2 })!;
    expect(limiter.tryAcquire({ key: 3 })).toBeUndefined();
    const third = limiter.acquire({ key: 4 });
    expect([limiter.total, limiter.available, limiter.waiting]).toEqual([2, 0, 1]);
    first.release();
    expect([limiter.available, limiter.waiting]).toEqual([0, 0]);
    second.release();
    (await third).release();
    expect([limiter.available, limiter.waiting]).toEqual([2, 0]);
  });

  test("lends what comes back to the first in line, in the step in which it comes", async () => {
    const limiter = new CapacityLimiter(1);
    const held = limiter.tryAcquire({ key: "a" })!;
    const next = limiter.acquire({ key: "b" });
    held.release();
    expect(limiter.owners).toEqual(["b"]);
    expect(limiter.tryAcquire({ key: "c" })).toBeUndefined();
    (await next).release();
    expect(limiter.owners).toEqual([]);
  });
});

describe("the total", () => {
  test("lets more in at once when it is raised, in order", async () => {
    await withVirtualClock(async (clock) => {
      const limiter = new CapacityLimiter(1);
      const starts: [number, number][] = [];
      const calls = [0, 1, 2, 3].map((key) =>
        limiter.run(
          async () => {
            starts.push([key, clock.now()]);
            await sleep(10);
          },
          { key },
        ),
      );
      await sleep(5);
      limiter.total = 3;
      expect(limiter.waiting).toBe(1);
      await Promise.all(calls);
      expect(starts).toEqual([
        [0, 0],
        [1, 5],
        [2, 5],
        [3, 10],
      ]);
    });
  });

  test("revokes nothing when it is lowered, also to none", async () => {
    const limiter = new CapacityLimiter(2);
    const held = [1, 2].map((key) => limiter.tryAcquire({ key })!);
    limiter.total = 0;
    const waiting = limiter.acquire({ key: 3 });
    expect([limiter.owners, limiter.available]).toEqual([[1, 2], -2]);
    for (const permit of held) permit.release();
    expect([limiter.owners, limiter.available, limiter.waiting]).toEqual([[], 0, 1]);
    limiter.total = 1;
    expect([limiter.owners, limiter.waiting]).toEqual([[3], 0]);
    (await waiting).release();
    expect(limiter.available).toBe(1);
  });

  test("of Infinity never lets anybody wait", async () => {
    const limiter = new CapacityLimiter(1);
    void limiter.tryAcquire({ key: 0 });
    const calls = [1, 2, 3].map((key) => limiter.acquire({ key }));
    limiter.total = Infinity;
    expect([limiter.total, limiter.available, limiter.waiting]).toEqual([Infinity, Infinity, 0]);
    await Promise.all(calls);
    expect(limiter.owners).toEqual([0, 1, 2, 3]);
  });
});
