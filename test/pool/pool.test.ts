import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { CancelScope, ClosedError, Pool, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { thingPool } from "./things.ts";

describe("acquire()", () => {
  test("makes what is needed, and no more than max", async () => {
    const { pool, things } = thingPool();
    const first = await pool.acquire();
    expect([things.length, pool.size, pool.busy, pool.idle]).toEqual([1, 1, 1, 0]);
    const second = await pool.acquire();
    const third = pool.acquire();
    await settle();
    expect([things.length, pool.size, pool.busy, pool.waiting]).toEqual([2, 2, 2, 1]);
    await second.release();
    expect((await third).value).toBe(things[1]);
    expect([things.length, pool.waiting]).toEqual([2, 0]);
    await first.release();
    await (await third).release();
    expect([pool.size, pool.busy, pool.idle]).toEqual([2, 0, 2]);
  });

  test("gives what was used last", async () => {
    const { pool } = thingPool({ max: 3 });
    const leases = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    for (const i of [0, 2, 1]) await leases[i]!.release();
    const ids: number[] = [];
    for (let i = 0; i < 3; i++) ids.push((await pool.acquire()).value.id);
    expect(ids).toEqual([2, 3, 1]);
  });

  test("hands over within release(), to those who came first", async () => {
    const { pool } = thingPool({ max: 1 });
    const lease = await pool.acquire();
    const order: string[] = [];
    const waits = ["a", "b"].map((name) =>
      pool.acquire().then((got) => {
        order.push(name);
        return got;
      }),
    );
    void lease.release();
    // It is handed over already: no newcomer can have it.
    expect([pool.waiting, pool.idle, pool.tryAcquire()]).toEqual([1, 0, undefined]);
    const late = pool.acquire().then(() => order.push("late"));
    await (await waits[0]!).release();
    await (await waits[1]!).release();
    await late;
    expect(order).toEqual(["a", "b", "late"]);
  });

  test("gives what comes back before what is still being made", async () => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({
        create: async () => {
          await sleep(100);
          return { id: pool.stats().created + 1, destroyed: 0 };
        },
      });
      const first = await pool.acquire();
      const second = pool.acquire();
      await sleep(10);
      await first.release();
      expect((await second).value).toBe(first.resource.value);
      await sleep(200);
      // The one that was made for it is idle.
      expect([pool.idle, pool.size]).toEqual([1, 2]);
    });
  });

  test("keeps the async context of its caller", async () => {
    const storage = new AsyncLocalStorage<string>();
    const { pool } = thingPool({ max: 1 });
    const lease = await pool.acquire();
    const seen: (string | undefined)[] = [];
    const running = storage.run("mine", () => pool.run(() => seen.push(storage.getStore())));
    storage.run("other", () => void lease.release());
    await running;
    expect(seen).toEqual(["mine"]);
  });
});

describe("tryAcquire()", () => {
  test("takes only what is idle, and waits for nothing", async () => {
    const { pool, things } = thingPool({ max: 1 });
    expect(pool.tryAcquire()).toBeUndefined();
    expect(things).toEqual([]);
    await pool.warm(1);
    const lease = pool.tryAcquire()!;
    expect(lease.value.id).toBe(1);
    expect(pool.tryAcquire()).toBeUndefined();
    await lease.release();
    expect(pool.tryAcquire()?.value.id).toBe(1);
  });
});

describe("a lease", () => {
  test("is over when it was released, once", async () => {
    const { pool } = thingPool({ max: 1, name: "things" });
    const lease = await pool.acquire();
    expect([lease.released, String(lease)]).toEqual([
      false,
      'Lease { of: pool "things", released: false }',
    ]);
    await lease.release();
    const next = await pool.acquire();
    await lease.release();
    await lease.destroy();
    await lease[Symbol.asyncDispose]();
    expect([pool.busy, next.released, lease.released]).toEqual([1, false, true]);
    expect(() => lease.value).toThrow(ClosedError);
    expect(() => lease.value).toThrow('Cannot use a lease of pool "things": it was released');
  });

  test("is released by await using", async () => {
    const { pool } = thingPool({ max: 1 });
    {
      await using lease = await pool.acquire();
      expect([lease.value.id, pool.busy]).toEqual([1, 1]);
    }
    expect(pool.busy).toBe(0);
  });

  test("can be destroyed, and the next in line gets a new one", async () => {
    const { pool, gone } = thingPool({ max: 1 });
    const lease = await pool.acquire();
    const next = pool.acquire();
    await lease.destroy();
    expect(gone).toEqual([1]);
    expect((await next).value.id).toBe(2);
    expect(pool.stats().destroyed).toMatchObject({ discarded: 1 });
  });
});

describe("run()", () => {
  test("gives what the function gives, and the resource back", async () => {
    const { pool } = thingPool({ max: 1 });
    expect(await pool.run(({ id }) => id)).toBe(1);
    expect(await pool.run(async ({ id }) => id)).toBe(1);
    expect([pool.idle, pool.stats().acquired]).toEqual([1, 2]);
  });

  test("gives the resource back when the function fails", async () => {
    const { pool } = thingPool({ max: 1 });
    const error = new Error("no");
    await expect(
      pool.run(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    await expect(pool.run(() => Promise.reject(error))).rejects.toBe(error);
    expect([pool.idle, pool.size]).toEqual([1, 1]);
  });

  test("calls the function at once when something is idle", async () => {
    const { pool } = thingPool({ max: 1 });
    await pool.warm(1);
    let called = false;
    const running = pool.run(() => void (called = true));
    expect(called).toBe(true);
    await running;
  });

  test("hands the function a scope that its signal cancels", async () => {
    const { pool } = thingPool({ max: 1 });
    await pool.warm(1);
    const controller = new AbortController();
    const running = pool.run((_, { signal }) => sleep(1e6, { signal }), {
      signal: controller.signal,
    });
    controller.abort("enough");
    await expect(running).rejects.toBe("enough");
    expect(pool.idle).toBe(1);
  });

  ambientTest("is in the scope of its caller (needs ambient scopes)", async () => {
    const { pool } = thingPool({ max: 1 });
    const scope = new CancelScope();
    const running = scope.run(() => pool.run(() => sleep(1e6)));
    await settle();
    scope.cancel("over");
    await expect(running).rejects.toMatchObject({ reason: "over" });
    expect(pool.idle).toBe(1);
  });

  test("does not begin when it was aborted in the step in which it was let in", async () => {
    const { pool } = thingPool({ max: 1 });
    const lease = await pool.acquire();
    const controller = new AbortController();
    let began = false;
    const running = pool.run(() => void (began = true), { signal: controller.signal });
    void lease.release();
    controller.abort("late");
    await expect(running).rejects.toBe("late");
    expect([began, pool.idle, pool.busy]).toEqual([false, 1, 0]);
  });

  test("does not begin when the pool was terminated in that step", async () => {
    const { pool } = thingPool({ max: 1 });
    const lease = await pool.acquire();
    let began = false;
    const running = pool.run(() => void (began = true));
    void lease.release();
    void pool.terminate();
    await expect(running).rejects.toBeInstanceOf(ClosedError);
    expect([began, pool.size]).toEqual([false, 0]);
  });

  test("begins in the order of the calls, also when another resource is idle by then", async () => {
    const { pool } = thingPool({ max: 2 });
    const [one, two] = await Promise.all([pool.acquire(), pool.acquire()]);
    const order: string[] = [];
    const first = pool.run(() => order.push("first"));
    void one.release();
    void two.release();
    const second = pool.run(() => order.push("second"));
    expect(order).toEqual([]);
    await Promise.all([first, second]);
    expect(order).toEqual(["first", "second"]);
  });

  test("destroys the resource when the error says that it is broken", async () => {
    const asked: unknown[] = [];
    const { pool, gone } = thingPool({
      max: 1,
      isBroken(error, thing) {
        asked.push([error, thing.id]);
        return error === "reset by peer";
      },
    });
    await expect(pool.run(() => Promise.reject("syntax"))).rejects.toBe("syntax");
    await expect(pool.run(() => Promise.reject("reset by peer"))).rejects.toBe("reset by peer");
    expect(asked).toEqual([
      ["syntax", 1],
      ["reset by peer", 1],
    ]);
    expect([gone, pool.stats().destroyed.broken]).toEqual([[1], 1]);
  });
});

describe("warm()", () => {
  test("makes so many, and waits for them", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({
        max: 5,
        min: 2,
        create: () => sleep(10).then(() => ({ id: 0, destroyed: 0 })),
      });
      await pool.warm();
      expect([pool.idle, clock.now()]).toEqual([2, 10]);
      const lease = await pool.acquire();
      await Promise.all([pool.warm(3), pool.warm(4)]);
      expect([pool.idle, pool.size, clock.now()]).toEqual([3, 4, 20]);
      await pool.warm(4);
      await pool.warm(0);
      expect(pool.size).toBe(4);
      await lease.release();
    });
  });

  test("rejects when something cannot be made", async () => {
    const pool = new Pool({ create: () => Promise.reject(new Error("down")) });
    await expect(pool.warm(2)).rejects.toThrow("down");
    expect(pool.size).toBe(0);
  });
});

describe("expire()", () => {
  test("replaces what is idle at once, and what is in use when it comes back", async () => {
    const { pool, gone } = thingPool({ max: 3 });
    await pool.warm(2);
    const lease = await pool.acquire();
    pool.expire();
    expect([gone, pool.size]).toEqual([[1], 1]);
    expect(lease.value.id).toBe(2);
    await lease.release();
    expect([gone, pool.size, pool.stats().destroyed.expired]).toEqual([[1, 2], 0, 2]);
    expect((await pool.acquire()).value.id).toBe(3);
  });

  test("replaces what was being made, too", async () => {
    await withVirtualClock(async () => {
      let password = "old";
      const seen: string[] = [];
      const pool = new Pool({
        max: 1,
        async create() {
          const used = password;
          await sleep(10);
          return { used };
        },
        destroy: ({ used }) => void seen.push(used),
      });
      const acquiring = pool.acquire();
      password = "new";
      pool.expire();
      expect((await acquiring).value.used).toBe("new");
      expect(seen).toEqual(["old"]);
    });
  });
});

describe("stats()", () => {
  test("is a frozen picture of the moment", async () => {
    const { pool } = thingPool({ max: 2, name: "things" });
    const lease = await pool.acquire();
    await pool.acquire();
    const waiting = pool.acquire();
    const stats = pool.stats();
    expect(stats).toEqual({
      size: 2,
      idle: 0,
      busy: 2,
      creating: 0,
      destroying: 0,
      waiting: 1,
      max: 2,
      acquired: 2,
      waited: 2,
      timeouts: 0,
      created: 2,
      createFailures: 0,
      resetFailures: 0,
      destroyFailures: 0,
      leaks: 0,
      destroyed: expect.objectContaining({ idle: 0, closed: 0 }) as unknown,
    });
    expect([Object.isFrozen(stats), Object.isFrozen(stats.destroyed)]).toEqual([true, true]);
    await lease.release();
    await waiting;
    expect(stats.acquired).toBe(2);
    expect(pool.stats()).toMatchObject({ acquired: 3, waited: 3 });
    expect(inspect(pool)).toContain('Pool "things" { size: 2, idle: 0, busy: 2,');
  });
});
