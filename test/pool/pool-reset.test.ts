import { describe, expect, test } from "vitest";
import { CancelScope, sleep, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { thingPool } from "./things.ts";

describe("reset", () => {
  test("is called when a resource comes back, and awaited before the next one gets it", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const { pool } = thingPool({
        max: 1,
        reset: async ({ id }) => {
          log.push(`reset ${id}`);
          await sleep(10);
          log.push("done");
        },
      });
      const lease = await pool.acquire();
      const next = pool.acquire().then(() => log.push("next"));
      const released = lease.release();
      expect(lease.release()).toBe(released);
      expect([pool.busy, pool.idle]).toEqual([1, 0]);
      await released;
      await next;
      expect([log, clock.now()]).toEqual([["reset 1", "done", "next"], 10]);
    });
  });

  test("runs to its end although the scope of its caller is cancelled", async () => {
    await withVirtualClock(async () => {
      let done = 0;
      const { pool } = thingPool({
        max: 1,
        reset: async (_, { signal }) => {
          await sleep(10, { signal });
          done++;
        },
      });
      const scope = new CancelScope();
      await expect(
        scope.run(async ({ signal }) => {
          const lease = await pool.acquire({ signal });
          try {
            scope.cancel("over");
            await sleep(1, { signal });
          } finally {
            await lease.release();
          }
        }),
      ).rejects.toMatchObject({ reason: "over" });
      expect([done, pool.idle]).toEqual([1, 1]);
    });
  });

  test("that fails is reported, and the resource destroyed, but release() does not reject", async () => {
    const { pool, gone } = thingPool({
      max: 1,
      name: "db",
      reset: ({ id }) => {
        if (id === 1) throw new Error("still in a transaction");
      },
    });
    const lease = await pool.acquire();
    const next = pool.acquire();
    const reports = await reportsDuring(() => lease.release());
    expect(reports).toEqual([
      'reset failed for pool "db", and the resource is destroyed: Error: still in a transaction',
    ]);
    expect([gone, (await next).value.id]).toEqual([[1], 2]);
    expect(pool.stats()).toMatchObject({ resetFailures: 1, destroyed: { reset: 1 } });
  });

  test("is spared a resource that is not used again", async () => {
    let resets = 0;
    const { pool } = thingPool({ max: 1, maxUses: 1, reset: () => void resets++ });
    await pool.run(() => {});
    const lease = await pool.acquire();
    pool.expire();
    await lease.release();
    expect(resets).toBe(0);
  });

  test("is spared what nobody has seen", async () => {
    let resets = 0;
    const { pool } = thingPool({ max: 1, reset: () => void resets++ });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const running = pool.run(() => {}, { signal: controller.signal });
    void lease.release();
    controller.abort("late");
    await expect(running).rejects.toBe("late");
    expect(resets).toBe(1);
  });
});

describe("destroy", () => {
  test("keeps the place until it has ended", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({ max: 1, destroy: () => sleep(50) });
      const lease = await pool.acquire();
      const next = pool.acquire();
      await lease.destroy();
      expect(clock.now()).toBe(50);
      expect((await next).value.id).toBe(2);
    });
  });

  test("that fails is reported, and does not keep the place", async () => {
    const { pool } = thingPool({
      max: 1,
      destroy: () => Promise.reject(new Error("gone already")),
    });
    const lease = await pool.acquire();
    expect(await reportsDuring(() => lease.destroy())).toEqual([
      "destroy failed for a pool: Error: gone already",
    ]);
    expect([pool.size, pool.stats().destroyFailures]).toEqual([0, 1]);
  });

  test("that hangs is given up after its time, and reported", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({
        max: 1,
        destroyTimeoutMs: 70,
        destroy: () => new Promise(() => {}),
      });
      const lease = await pool.acquire();
      const next = pool.acquire();
      const reports = await reportsDuring(() => lease.destroy());
      expect(reports).toEqual([
        'destroy failed for a pool: TimeoutError: "destroy for a pool" timed out after 70 ms',
      ]);
      expect([(await next).value.id, clock.now()]).toEqual([2, 70]);
    });
  });

  test("has a default for what can be disposed", async () => {
    const log: string[] = [];
    const both = {
      [Symbol.dispose]: () => void log.push("sync"),
      [Symbol.asyncDispose]: () => Promise.resolve(log.push("async")),
    };
    const one = { [Symbol.dispose]: () => void log.push("only sync") };
    for (const value of [both, one, {}, null, 1]) {
      const { pool } = thingPool({ create: () => value as never, destroy: undefined });
      await pool.warm(1);
      await pool.close();
      expect(pool.size).toBe(0);
    }
    expect(log).toEqual(["async", "only sync"]);
  });
});

test("a release waits for the reset, and not for the end of what failed it", async () => {
  await withVirtualClock(async (clock) => {
    const { pool } = thingPool({
      max: 1,
      reset: () => Promise.reject(new Error("no")),
      destroy: () => sleep(100),
    });
    const lease = await pool.acquire();
    await reportsDuring(() => lease.release());
    expect([clock.now(), pool.size]).toEqual([0, 1]);
    await settle();
    await timeout(200, () => pool.close());
    expect(clock.now()).toBe(100);
  });
});
