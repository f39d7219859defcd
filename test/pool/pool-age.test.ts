import { describe, expect, test, vi } from "vitest";
import { AsyncEvent, DeadlockError, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { watchTimers } from "../support/timers.ts";
import { thingPool } from "./things.ts";

describe("maxIdleMs", () => {
  test("ends what nobody has used for so long", async () => {
    await withVirtualClock(async () => {
      const { pool, gone } = thingPool({ max: 3, maxIdleMs: 100 });
      const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
      await leases[0].release();
      await sleep(60);
      await leases[1].release();
      await sleep(39);
      expect(gone).toEqual([]);
      await sleep(1);
      expect(gone).toEqual([1]);
      await sleep(60);
      expect(gone).toEqual([1, 2]);
      await sleep(1e6);
      // One in use is not idle.
      expect([gone, pool.busy, pool.stats().destroyed.idle]).toEqual([[1, 2], 1, 2]);
    });
  });

  test("leaves min, and not by making new ones", async () => {
    await withVirtualClock(async () => {
      const { pool, things, gone } = thingPool({ max: 4, min: 2, maxIdleMs: 100 });
      await pool.warm(4);
      await sleep(1e6);
      expect([gone, pool.idle, things.length]).toEqual([[1, 2], 2, 4]);
      // What is left is used, however old.
      expect((await pool.acquire()).value.id).toBe(4);
    });
  });

  test("is asked also before a lease, when the timer is late", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool({ max: 1, maxIdleMs: 100 });
      await pool.warm(1);
      // A clock that jumps, as after the sleep of a computer, without its timers.
      const now = vi.spyOn(clock, "now").mockReturnValue(500);
      expect((await pool.acquire()).value.id).toBe(2);
      expect(gone).toEqual([1]);
      now.mockRestore();
    });
  });

  test("is measured from the last use", async () => {
    await withVirtualClock(async () => {
      const { pool, things } = thingPool({ max: 1, maxIdleMs: 100 });
      for (let i = 0; i < 10; i++) {
        await pool.run(() => {});
        await sleep(90);
      }
      expect(things.length).toBe(1);
    });
  });
});

describe("maxLifetimeMs", () => {
  test("ends what is idle, and what is in use when it comes back", async () => {
    await withVirtualClock(async () => {
      const { pool, gone } = thingPool({ maxLifetimeMs: 100, lifetimeJitter: 0 });
      const lease = await pool.acquire();
      await pool.warm(2);
      await sleep(99);
      expect(gone).toEqual([]);
      await sleep(1);
      expect(gone).toEqual([2]);
      await sleep(100);
      expect(lease.value.destroyed).toBe(0);
      await lease.release();
      expect([gone, pool.stats().destroyed.lifetime]).toEqual([[2, 1], 2]);
    });
  });

  test("counts also for min, which an eager pool makes again", async () => {
    await withVirtualClock(async () => {
      const lazy = thingPool({ min: 2, maxLifetimeMs: 100, lifetimeJitter: 0 });
      await lazy.pool.warm();
      const eager = thingPool({ min: 2, eager: true, maxLifetimeMs: 100, lifetimeJitter: 0 });
      await sleep(100);
      expect([lazy.gone, lazy.pool.idle]).toEqual([[1, 2], 0]);
      expect([eager.gone, eager.pool.idle, eager.things.length]).toEqual([[1, 2], 2, 4]);
      await eager.pool.close();
    });
  });

  test("is shorter by some part at random, a tenth by default", async () => {
    const random = vi.spyOn(Math, "random").mockReturnValue(0.5);
    try {
      await withVirtualClock(async () => {
        const usual = thingPool({ maxLifetimeMs: 1_000 });
        const wide = thingPool({ maxLifetimeMs: 1_000, lifetimeJitter: 1 });
        await Promise.all([usual.pool.warm(1), wide.pool.warm(1)]);
        await sleep(499);
        expect(wide.gone).toEqual([]);
        await sleep(1);
        expect(wide.gone).toEqual([1]);
        await sleep(449);
        expect(usual.gone).toEqual([]);
        await sleep(1);
        expect(usual.gone).toEqual([1]);
      });
    } finally {
      random.mockRestore();
    }
  });
});

describe("maxUses", () => {
  test("ends a resource after so many leases", async () => {
    const { pool, gone } = thingPool({ max: 1, maxUses: 2 });
    const ids: number[] = [];
    for (let i = 0; i < 5; i++) ids.push(await pool.run(({ id }) => id));
    expect([ids, gone, pool.stats().destroyed.uses]).toEqual([[1, 1, 2, 2, 3], [1, 2], 2]);
  });

  test("does not count a lease that nobody has seen", async () => {
    const { pool, gone } = thingPool({ max: 1, maxUses: 2 });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const running = pool.run(() => {}, { signal: controller.signal });
    void lease.release();
    controller.abort("late");
    await expect(running).rejects.toBe("late");
    expect(gone).toEqual([]);
  });
});

test("all of it needs one timer, which keeps no process alive", async () => {
  const timers = watchTimers();
  try {
    const { pool } = thingPool({
      max: 20,
      maxIdleMs: 1e6,
      maxLifetimeMs: 2e6,
      leakWarnMs: 3e6,
    });
    await pool.warm(20);
    const leases = await Promise.all(Array.from({ length: 10 }, () => pool.acquire()));
    expect([timers.count(), timers.live()]).toEqual([1, 0]);
    for (const lease of leases) await lease.release();
    expect([timers.count(), timers.live()]).toEqual([1, 0]);
    await pool.close();
    expect(timers.count()).toBe(0);
  } finally {
    timers.stop();
  }
});

ambientTest(
  "a virtual clock does not jump for what nobody waits for (needs ambient scopes)",
  async () => {
    let time: number | undefined;
    const stuck = withVirtualClock(async (clock) => {
      const { pool } = thingPool({ maxIdleMs: 100, leakWarnMs: 100 });
      await pool.run(() => {});
      try {
        await new AsyncEvent().wait();
      } finally {
        time = clock.now();
      }
    });
    await expect(stuck).rejects.toBeInstanceOf(DeadlockError);
    expect(time).toBe(0);
  },
);
