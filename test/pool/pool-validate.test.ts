import { describe, expect, test } from "vitest";
import { Pool, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";
import { outcomeOf, thingPool } from "./things.ts";

describe("validate", () => {
  test("is asked before an idle resource is lent, not before a new one", async () => {
    const asked: number[] = [];
    const { pool } = thingPool({
      max: 1,
      validate: ({ id }) => {
        asked.push(id);
        return true;
      },
    });
    const lease = await pool.acquire();
    const next = pool.acquire();
    await lease.release();
    // Handed over: it was in use a moment ago.
    await (await next).release();
    expect(asked).toEqual([]);
    await pool.run(() => {});
    await pool.tryAcquire()!.release();
    expect(asked).toEqual([1, 1]);
  });

  test("that says no, or fails, has the resource destroyed and the next one looked at", async () => {
    const bad = new Set([3, 2]);
    const { pool, gone } = thingPool({
      max: 3,
      validate: ({ id }) => {
        if (id === 2) throw new Error("no answer");
        return !bad.has(id);
      },
    });
    await pool.warm(3);
    expect((await pool.acquire()).value.id).toBe(1);
    expect([gone, pool.size, pool.stats().destroyed.invalid]).toEqual([[3, 2], 1, 2]);
  });

  test("may take a while, in which others are served", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool({
        max: 2,
        validate: async ({ id }) => {
          await sleep(10);
          return id !== 2;
        },
      });
      const held = await pool.acquire();
      await pool.warm(2);
      const first = pool.acquire();
      const second = pool.acquire();
      expect([pool.idle, pool.busy, pool.waiting]).toEqual([0, 2, 2]);
      await sleep(5);
      await held.release();
      expect((await first).value.id).toBe(1);
      expect((await second).value.id).toBe(3);
      expect([gone, clock.now()]).toEqual([[2], 10]);
    });
  });

  test("goes on when the caller leaves: the resource is idle then", async () => {
    const gate = deferred<boolean>();
    const { pool } = thingPool({ max: 1, validate: () => gate.promise });
    await pool.warm(1);
    const controller = new AbortController();
    const call = outcomeOf(pool.acquire({ signal: controller.signal }));
    controller.abort("left");
    expect(await call).toBe("left");
    expect(pool.idle).toBe(0);
    gate.resolve(true);
    await settle();
    expect(pool.idle).toBe(1);
  });

  test("that takes too long counts as no", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool({
        max: 1,
        validateTimeoutMs: 100,
        validate: () => new Promise(() => {}),
      });
      await pool.warm(1);
      expect((await pool.acquire()).value.id).toBe(2);
      expect([gone, clock.now()]).toEqual([[1], 100]);
    });
  });

  test("is spared what was used within validateAfterIdleMs", async () => {
    await withVirtualClock(async () => {
      let asked = 0;
      const pool = new Pool({
        create: () => ({}),
        validate: () => ++asked > 0,
        validateAfterIdleMs: 100,
      });
      await pool.run(() => {});
      await sleep(99);
      await pool.run(() => {});
      expect(asked).toBe(0);
      await sleep(100);
      await pool.run(() => {});
      expect(asked).toBe(1);
    });
  });

  test("makes tryAcquire() give nothing while it takes a while", async () => {
    const { pool } = thingPool({ max: 1, validate: async () => true });
    await pool.warm(1);
    expect(pool.tryAcquire()).toBeUndefined();
    await settle();
    expect(pool.idle).toBe(1);
  });

  test("is asked of no more than there are callers", async () => {
    let asked = 0;
    const { pool } = thingPool({
      max: 3,
      validate: async () => {
        asked++;
        await settle();
        return true;
      },
    });
    await pool.warm(3);
    await pool.acquire();
    expect([asked, pool.idle]).toEqual([1, 2]);
  });

  test("is no use that would count", async () => {
    const { pool, gone } = thingPool({ max: 1, maxUses: 2, validate: async () => true });
    for (let i = 0; i < 3; i++) await pool.run(() => {});
    expect(gone).toEqual([1]);
  });
});
