import { describe, expect, test } from "vitest";
import { PoolTimeoutError, sleep, TimeoutError, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { watchTimers } from "../support/timers.ts";
import { outcomeOf, thingPool } from "./things.ts";

describe("a wait for a lease ends", () => {
  test("after the pool's time, or the call's own", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({ max: 1, acquireTimeoutMs: 100 });
      await pool.acquire();
      const ends: string[] = [];
      const noted = (name: string, call: Promise<unknown>): Promise<unknown> =>
        call.catch(() => ends.push(`${name} ${clock.now()}`));
      await Promise.all([
        noted("usual", pool.acquire()),
        noted("short", pool.acquire({ timeoutMs: 10 })),
        noted("none", pool.acquire({ timeoutMs: 0 })),
        noted(
          "run",
          pool.run(() => {}, { timeoutMs: 20 }),
        ),
        noted("long", pool.acquire({ timeoutMs: 200 })),
      ]);
      expect(ends).toEqual(["none 0", "short 10", "run 20", "usual 100", "long 200"]);
      expect([pool.waiting, pool.stats().timeouts]).toEqual([0, 5]);
    });
  });

  test("with an error that says what was short", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 2, name: "db", acquireTimeoutMs: 50 });
      await Promise.all([pool.acquire(), pool.acquire()]);
      void pool.acquire({ timeoutMs: 1_000 }).catch(() => {});
      const error = await pool.acquire().catch((reason: unknown) => reason as PoolTimeoutError);
      expect(error).toBeInstanceOf(PoolTimeoutError);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({
        name: "TimeoutError",
        message: 'Pool "db" had nothing free within 50 ms: 2 of 2 in use, 1 more waiting',
        poolName: "db",
        max: 2,
        busy: 2,
        waiting: 1,
        deadline: 50,
      });
      expect(Object.hasOwn(error, "cause")).toBe(false);
    });
  });

  test("with the deadline of its scope, whose timeout it is then", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 1, acquireTimeoutMs: 100 });
      await pool.acquire();
      const late = timeout(10, ({ signal }) => pool.acquire({ signal }));
      const error = await late.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).not.toBeInstanceOf(PoolTimeoutError);
      expect(pool.stats().timeouts).toBe(0);
    });
  });

  test("and leaves nothing behind", async () => {
    const timers = watchTimers();
    try {
      const { pool } = thingPool({ max: 1, acquireTimeoutMs: 1e6 });
      const lease = await pool.acquire();
      const controller = new AbortController();
      const aborted = pool.acquire({ signal: controller.signal });
      const served = pool.acquire();
      expect(timers.live()).toBe(2);
      controller.abort("left");
      await expect(aborted).rejects.toBe("left");
      expect(timers.count()).toBe(1);
      await lease.release();
      await served;
      expect(timers.count()).toBe(0);
      const dismissed = outcomeOf(pool.acquire());
      await pool.terminate();
      expect([await dismissed, timers.count()]).toEqual(["ClosedError", 0]);
    } finally {
      timers.stop();
    }
  });
});

test("who leaves the line holds up nobody", async () => {
  const { pool } = thingPool({ max: 1 });
  const lease = await pool.acquire();
  const controller = new AbortController();
  const first = outcomeOf(pool.acquire({ signal: controller.signal }));
  const second = outcomeOf(pool.acquire());
  controller.abort("left");
  await lease.release();
  expect(await Promise.all([first, second])).toEqual(["left", 1]);
});

test("a signal whose listeners have not run yet takes nothing", async () => {
  const { pool } = thingPool({ max: 1 });
  const lease = await pool.acquire();
  const controller = new AbortController();
  controller.signal.addEventListener("abort", () => void lease.release());
  const first = outcomeOf(pool.acquire({ signal: controller.signal }));
  const second = outcomeOf(pool.acquire());
  controller.abort("left");
  expect(await Promise.all([first, second])).toEqual(["left", 1]);
});

test("a thousand callers share two resources in order", async () => {
  await withVirtualClock(async (clock) => {
    const { pool, things } = thingPool({ max: 2 });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 1_000 }, (_, i) =>
        pool.run(async () => {
          order.push(i);
          await sleep(1);
        }),
      ),
    );
    expect(order).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
    expect([things.length, clock.now()]).toEqual([2, 500]);
  });
});
