import { describe, expect, test } from "vitest";
import { CancelScope, ClosedError, Pool, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { timersLeftBy } from "../support/timers.ts";
import { outcomeOf, thingPool } from "./things.ts";

describe("close()", () => {
  test("lets nobody in, destroys what is idle, and waits for what is leased", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool({ max: 3, name: "db" });
      await pool.warm(3);
      const lease = await pool.acquire();
      const closed = pool.close().then(() => clock.now());
      expect([gone, pool.closed, pool.size]).toEqual([[1, 2], true, 1]);
      const message = 'Cannot acquire from a pool: pool "db" is closed';
      await expect(pool.acquire()).rejects.toThrow(message);
      await expect(pool.run(() => {})).rejects.toBeInstanceOf(ClosedError);
      await expect(pool.warm(1)).rejects.toBeInstanceOf(ClosedError);
      expect(() => pool.tryAcquire()).toThrow(ClosedError);
      await sleep(100);
      expect(lease.value.id).toBe(3);
      await lease.release();
      expect([await closed, gone, pool.size]).toEqual([100, [1, 2, 3], 0]);
      await pool.close();
      await pool.terminate();
      pool.expire();
      expect(pool.stats().destroyed.closed).toBe(3);
    });
  });

  test("serves those in line, in order, also with what has to be made for them", async () => {
    await withVirtualClock(async () => {
      const { pool, things } = thingPool({
        max: 1,
        maxUses: 1,
        create: async () => {
          await sleep(10);
          const thing = { id: things.length + 1, destroyed: 0 };
          things.push(thing);
          return thing;
        },
      });
      const lease = await pool.acquire();
      const served: number[] = [];
      const runs = [1, 2].map((n) => pool.run(() => void served.push(n)));
      const closed = pool.close();
      await lease.release();
      await Promise.all(runs);
      await closed;
      expect([served, things.map(({ destroyed }) => destroyed)]).toEqual([
        [1, 2],
        [1, 1, 1],
      ]);
    });
  });

  test("cancels creations that nobody waits for any more", async () => {
    await withVirtualClock(async (clock) => {
      const pool = new Pool({ create: ({ signal }) => sleep(1e6, { signal }) });
      const controller = new AbortController();
      const call = pool.acquire({ signal: controller.signal }).catch(() => "left");
      await sleep(10);
      controller.abort("left");
      await call;
      await pool.close();
      expect([clock.now(), pool.stats().createFailures]).toEqual([10, 0]);
    });
  });

  test("after the grace destroys what is leased, and names who has it", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool({ max: 3, name: "db" });
      const lease = await pool.acquire({ name: "import" });
      const scope = new CancelScope({ name: "report" });
      const running = scope.run(() => pool.run((_, inner) => sleep(1e6, inner), at(scope)));
      const unnamed = pool.tryAcquire();
      const waiting = [pool.acquire(), pool.acquire()].map((call) => outcomeOf(call));
      const reports = await reportsDuring(() => pool.close({ graceMs: 200 }));
      expect(clock.now()).toBe(200);
      expect(reports).toEqual([
        expect.stringMatching(
          /^3 leases of pool "db" had not been released 200 ms after it was closed, and what they hold is destroyed; held by "import"; "report"; /,
        ),
      ]);
      expect([gone.length, pool.size, unnamed]).toEqual([3, 0, undefined]);
      expect(await Promise.all(waiting)).toEqual([3, "ClosedError"]);
      expect(() => lease.value).toThrow('Cannot use a lease of pool "db": the pool was closed');
      await lease.release();
      // What runs with it is told.
      await expect(running).rejects.toMatchObject({
        name: "AbortError",
        reason: expect.any(ClosedError) as unknown,
      });
      expect(pool.stats().destroyed.closed).toBe(3);
    });
  });

  test("has a grace of five seconds unless it is told another", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool();
      await pool.acquire();
      await reportsDuring(() => pool.close());
      expect(clock.now()).toBe(5_000);
      const other = thingPool();
      const lease = await other.pool.acquire();
      const closed = other.pool.close({ graceMs: Infinity });
      await sleep(1e6);
      expect(lease.released).toBe(false);
      await lease.release();
      await closed;
    });
  });

  test("that is cancelled ends the grace, and is answered when all has ended", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({ destroy: () => sleep(30) });
      await pool.acquire();
      const controller = new AbortController();
      const closed = pool.close({ signal: controller.signal, graceMs: 1e6 });
      await sleep(10);
      controller.abort("enough");
      await expect(closed).rejects.toBe("enough");
      expect([clock.now(), pool.size]).toEqual([40, 0]);

      const other = thingPool({ destroy: () => sleep(30) });
      await other.pool.acquire();
      await expect(other.pool.close({ signal: controller.signal })).rejects.toBe("enough");
      expect([clock.now(), other.pool.size]).toEqual([70, 0]);
    });
  });

  test("may be called again, with a shorter grace", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool();
      await pool.acquire();
      const first = pool.close({ graceMs: 1e6 });
      await reportsDuring(() => pool.close({ graceMs: 10 }));
      await first;
      expect(clock.now()).toBe(10);
    });
  });

  test("keeps nothing idle for somebody in line who has gone in that moment", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({ max: 1 });
      const lease = await pool.acquire();
      const controller = new AbortController();
      // Heard before the pool hears of it.
      controller.signal.addEventListener("abort", () => void lease.release());
      const call = outcomeOf(pool.acquire({ signal: controller.signal }));
      const closed = pool.close();
      controller.abort("left");
      await closed;
      expect([await call, clock.now(), pool.size]).toEqual(["left", 0, 0]);
    });
  });

  test("leaves no timer behind", async () => {
    expect(
      await timersLeftBy(async () => {
        const { pool } = thingPool({ maxIdleMs: 1e6, leakWarnMs: 1e6, acquireTimeoutMs: 1e6 });
        const lease = await pool.acquire();
        const closed = pool.close({ graceMs: 1e6 });
        await lease.release();
        await closed;
      }),
    ).toBe(0);
  });

  test("is what await using does, whatever is cancelled around it", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool();
      const scope = new CancelScope();
      await scope
        .run(async () => {
          await using its = pool;
          const lease = await its.acquire();
          void sleepThen(50, () => lease.release());
          scope.cancel("over");
        })
        .catch(() => {});
      expect([gone, clock.now()]).toEqual([[1], 50]);
    });
  });
});

/** In no scope of its caller's. */
function sleepThen(ms: number, fn: () => unknown): Promise<unknown> {
  return new CancelScope({ shield: true }).run(async ({ signal }) => {
    await sleep(ms, { signal });
    return fn();
  });
}

describe("terminate()", () => {
  test("destroys all at once, whoever has it, and whatever is being done", async () => {
    await withVirtualClock(async (clock) => {
      let created = 0;
      const { pool, gone } = thingPool({
        max: 5,
        create: async ({ signal }) => {
          if (++created > 4) await sleep(1e6, { signal });
          return { id: created, destroyed: 0 };
        },
        validate: ({ id }, { signal }) => id !== 3 || sleep(1e6, { signal }).then(() => true),
        reset: ({ id }, { signal }) => (id === 2 ? sleep(1e6, { signal }) : undefined),
      });
      const leases = await Promise.all([1, 2, 3, 4].map(() => pool.acquire()));
      await leases[3]!.release();
      await leases[2]!.release();
      const calls = [1, 2, 3].map(() => outcomeOf(pool.acquire()));
      void leases[1]!.release();
      await sleep(10);
      expect([pool.idle, pool.busy, pool.size]).toEqual([0, 4, 5]);
      await pool.terminate();
      expect([clock.now(), pool.size, gone.toSorted((a, b) => a - b)]).toEqual([
        10,
        0,
        [1, 2, 3, 4],
      ]);
      expect(leases[0]!.released).toBe(true);
      expect(pool.stats().destroyed.closed).toBe(4);
      expect(await Promise.all(calls)).toEqual([4, "ClosedError", "ClosedError"]);
    });
  });
});
