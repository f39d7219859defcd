import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import {
  CancelScope,
  constant,
  detached,
  Pool,
  PoolTimeoutError,
  sleep,
  TimeoutError,
  timeout,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { settle } from "../support/settle.ts";
import { watchTimers } from "../support/timers.ts";
import { outcomeOf, thingPool } from "./things.ts";

const down = (): Promise<never> => Promise.reject(new Error("down"));

describe("a creation", () => {
  test("is not ended by the caller for whom it was begun, and serves another", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, things } = thingPool({
        max: 1,
        create: async ({ signal }) => {
          await sleep(100, { signal });
          const thing = { id: things.length + 1, destroyed: 0 };
          things.push(thing);
          return thing;
        },
      });
      const controller = new AbortController();
      const first = outcomeOf(pool.acquire({ signal: controller.signal }));
      await sleep(50);
      controller.abort("left");
      expect(await first).toBe("left");
      const second = outcomeOf(pool.acquire());
      expect([await second, clock.now(), things.length]).toEqual([1, 100, 1]);
    });
  });

  ambientTest("runs in no scope of its caller's (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({
        max: 1,
        create: async () => {
          const around = CancelScope.current;
          await sleep(100);
          return { id: around?.name === "create for a pool" ? 1 : 0, destroyed: 0 };
        },
      });
      await expect(timeout(50, () => pool.acquire())).rejects.toBeInstanceOf(TimeoutError);
      expect(await outcomeOf(pool.acquire())).toBe(1);
    });
  });

  ambientTest("runs in the async context of its pool (needs ambient scopes)", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const see = (what: string) => (): void => void seen.push(`${what} ${storage.getStore()}`);
    const pool = storage.run(
      "owner",
      () =>
        new Pool({
          create: see("create"),
          reset: see("reset"),
          destroy: see("destroy"),
          validate: () => (see("validate")(), true),
        }),
    );
    await storage.run("caller", async () => {
      await pool.run(() => {});
      await pool.run(() => {});
      await pool.close();
    });
    expect(seen).toEqual(
      ["create", "reset", "validate", "reset", "destroy"].map((what) => `${what} owner`),
    );
  });

  test("is cancelled when its time is over, and its place is free when it has ended", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      let calls = 0;
      const pool = new Pool({
        max: 1,
        createTimeoutMs: 100,
        backoff: constant(0),
        async create({ signal }) {
          log.push(`begin ${clock.now()}`);
          if (++calls > 1) return {};
          await sleep(1e6, { signal }).catch(() => {});
          // Hangs up, which takes a while.
          await detached(() => sleep(30));
          throw new Error("interrupted");
        },
      });
      const first = pool.acquire().catch((error: unknown) => String(error));
      const second = pool.acquire();
      expect(await first).toBe('TimeoutError: "create for a pool" timed out after 100 ms');
      expect([clock.now(), pool.size, pool.stats().destroying]).toEqual([100, 1, 1]);
      await second;
      expect(log).toEqual(["begin 0", "begin 130"]);
    });
  });

  test("that does not end is given up, and what it gives after all is destroyed", async () => {
    await withVirtualClock(async (clock) => {
      let calls = 0;
      const gone: unknown[] = [];
      const pool = new Pool({
        max: 1,
        name: "slow",
        createTimeoutMs: 100,
        destroyTimeoutMs: 50,
        backoff: constant(0),
        create: async () => {
          if (++calls > 1) return "second";
          await detached(() => sleep(1_000));
          return "first";
        },
        destroy: (value) => void gone.push(value),
      });
      const reports = await reportsDuring(async () => {
        await expect(pool.acquire()).rejects.toBeInstanceOf(TimeoutError);
        const lease = await pool.acquire();
        expect([lease.value, clock.now(), pool.size]).toEqual(["second", 150, 1]);
        await sleep(2_000);
        expect([gone, pool.size]).toEqual([["first"], 1]);
      });
      expect(reports).toContain(
        'A creation for pool "slow" has not ended 50 ms after its cancellation: its place is free again',
      );
      expect(pool.stats()).toMatchObject({ created: 2, createFailures: 1, destroyed: { late: 1 } });
    });
  });

  test("whose value comes late keeps its place until that is destroyed", async () => {
    await withVirtualClock(async (clock) => {
      let calls = 0;
      const pool = new Pool({
        max: 1,
        createTimeoutMs: 10,
        backoff: constant(0),
        create: async () => {
          if (++calls > 1) return calls;
          await detached(() => sleep(30));
          return calls;
        },
        destroy: () => sleep(20),
      });
      await expect(pool.acquire()).rejects.toBeInstanceOf(TimeoutError);
      const lease = await pool.acquire();
      expect([lease.value, clock.now()]).toEqual([2, 50]);
    });
  });
});

describe("a creation that fails", () => {
  test("rejects who waits for it, with its error as it is, and the next one tries", async () => {
    const error = new Error("down");
    let calls = 0;
    const pool = new Pool({
      max: 1,
      backoff: constant(0),
      create: () => (++calls === 1 ? Promise.reject(error) : Promise.resolve(calls)),
    });
    const first = pool.acquire();
    const second = pool.acquire();
    await expect(first).rejects.toBe(error);
    expect((await second).value).toBe(2);
    expect(pool.stats()).toMatchObject({ created: 1, createFailures: 1, size: 1 });
  });

  test("that throws at once is no different", async () => {
    const pool = new Pool({
      create: () => {
        throw new Error("at once");
      },
    });
    await expect(pool.acquire()).rejects.toThrow("at once");
    await expect(pool.run(() => {})).rejects.toThrow("at once");
    expect(pool.size).toBe(0);
  });

  test("leaves a growing pause before the next", async () => {
    await withVirtualClock(async (clock) => {
      const times: number[] = [];
      const asked: unknown[] = [];
      const pool = new Pool({
        max: 1,
        backoff(attempt, previousMs) {
          asked.push([attempt, previousMs]);
          return attempt * 10;
        },
        create: () => {
          times.push(clock.now());
          return times.length < 4 ? down() : {};
        },
      });
      await Promise.allSettled(Array.from({ length: 4 }, () => pool.acquire()));
      expect(times).toEqual([0, 10, 30, 60]);
      expect(asked).toEqual([
        [1, undefined],
        [2, 10],
        [3, 20],
      ]);
      // A success ends that.
      const lease = pool.tryAcquire();
      expect(lease).toBeUndefined();
    });
  });

  test("together with others counts once", async () => {
    await withVirtualClock(async (clock) => {
      const times: number[] = [];
      const pool = new Pool({
        max: 3,
        backoff: (attempt) => attempt * 100,
        create: async () => {
          times.push(clock.now());
          await sleep(5);
          throw new Error("down");
        },
      });
      await Promise.allSettled(Array.from({ length: 6 }, () => pool.acquire()));
      expect(times).toEqual([0, 0, 0, 105, 105, 105]);
    });
  });

  test("rejects nobody for whom another is under way", async () => {
    await withVirtualClock(async () => {
      let calls = 0;
      const pool = new Pool({
        max: 2,
        create: async () => {
          const call = ++calls;
          await sleep(call * 10);
          if (call === 1) throw new Error("down");
          return call;
        },
      });
      const controller = new AbortController();
      const first = pool.acquire({ signal: controller.signal }).catch(String);
      const second = pool.acquire();
      controller.abort("left");
      expect(await first).toBe("left");
      expect((await second).value).toBe(2);
    });
  });

  test('rejects nobody with "retry", and the time of a wait says why it was in vain', async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("down");
      let up = false;
      const pool = new Pool({
        max: 1,
        onCreateError: "retry",
        backoff: constant(20),
        create: () => (up ? {} : Promise.reject(error)),
      });
      const short = await pool
        .acquire({ timeoutMs: 50 })
        .catch((reason: unknown) => reason as PoolTimeoutError);
      expect(short).toBeInstanceOf(PoolTimeoutError);
      expect(short).toMatchObject({
        message:
          "The pool had nothing free within 50 ms: 0 of 1 in use, 0 more waiting, and the last attempt to create one has failed",
        cause: error,
      });
      const long = pool.acquire();
      await sleep(100);
      up = true;
      await long;
      expect(clock.now()).toBe(160);
      expect(pool.stats().createFailures).toBe(8);
    });
  });

  test("that nobody waits for is a note", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const pool = new Pool({ create: () => sleep(10).then(down) });
      const call = outcomeOf(pool.acquire({ signal: controller.signal }));
      controller.abort("left");
      await call;
      await reportsDuring(() => sleep(20));
      expect(pool.stats()).toMatchObject({ createFailures: 1, size: 0 });
    });
  });

  test("keeps the process alive only while somebody waits for the next", async () => {
    const timers = watchTimers();
    try {
      const pool = new Pool({ max: 1, backoff: constant(1e6), create: down });
      await expect(pool.acquire()).rejects.toThrow("down");
      await settle();
      expect([timers.count(), timers.live()]).toEqual([1, 0]);
      const controller = new AbortController();
      const waiting = outcomeOf(pool.acquire({ signal: controller.signal }));
      expect([timers.count(), timers.live()]).toEqual([1, 1]);
      controller.abort("left");
      await waiting;
      expect([timers.count(), timers.live()]).toEqual([1, 0]);
      await pool.close();
      expect(timers.count()).toBe(0);
    } finally {
      timers.stop();
    }
  });

  test("a backoff that throws, or gives no time, is reported and stands for a second", async () => {
    for (const backoff of [
      () => {
        throw new Error("no idea");
      },
      () => Number.NaN,
    ]) {
      await withVirtualClock(async (clock) => {
        let calls = 0;
        const pool = new Pool({
          max: 1,
          backoff,
          onCreateError: "retry",
          create: () => (++calls === 1 ? down() : {}),
        });
        const reports = await reportsDuring(() => pool.acquire());
        expect(reports).toEqual([expect.stringContaining("backoff threw: ")]);
        expect(clock.now()).toBe(1_000);
      });
    }
  });
});

describe("an eager pool", () => {
  test("has min made at once, and again when one ends", async () => {
    const { pool, things } = thingPool({ min: 2, max: 3, eager: true });
    expect([things.length, pool.idle]).toEqual([2, 2]);
    const lease = await pool.acquire();
    await lease.destroy();
    expect([things.length, pool.idle]).toEqual([3, 2]);
    pool.expire();
    expect([things.length, pool.idle]).toEqual([5, 2]);
    await pool.close();
    expect(things.map(({ destroyed }) => destroyed)).toEqual([1, 1, 1, 1, 1]);
  });

  test("tries again in the background, and keeps no process alive by that", async () => {
    const timers = watchTimers();
    try {
      const reports = await reportsDuring(async () => {
        const pool = new Pool({ min: 2, eager: true, create: down, backoff: constant(1e6) });
        await settle();
        expect([pool.size, timers.count(), timers.live()]).toEqual([0, 1, 0]);
        await pool.close();
      });
      expect(reports.length).toBeLessThanOrEqual(2);
    } finally {
      timers.stop();
    }
  });

  test("one that is not makes min when they are needed", async () => {
    const { things } = thingPool({ min: 2 });
    expect(things).toEqual([]);
  });
});
