// What asyncpg's pool got wrong over the years (its issues 431, 467, 547, 955 and 1052): an acquire that is
// given up in the very moment in which it succeeds keeps its connection for ever, and close() then hangs.
import { describe, expect, test } from "vitest";
import { cancellable, CancelScope, type Lease, sleep, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { at } from "../support/mode.ts";
import { type Thing, thingPool } from "./things.ts";

const LONG = 1e6;

/** Microtasks after the one in which a lease is handed over. */
const moments = [0, 1, 2, 3, 4, 5];

async function later(microtasks: number): Promise<void> {
  for (let i = 0; i < microtasks; i++) await Promise.resolve();
}

/** All that is left of a pool once its callers are gone: nothing leased, and closed without any grace. */
async function isWhole(pool: ReturnType<typeof thingPool>["pool"]): Promise<void> {
  expect([pool.busy, pool.waiting]).toEqual([0, 0]);
  await timeout(1, () => pool.close({ graceMs: LONG }));
  expect(pool.size).toBe(0);
}

describe("an acquire that is given up in the moment in which it succeeds", () => {
  test.each(moments)("by cancellable(), %i microtasks later: the lease is released", async (n) => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 1 });
      const held = await pool.acquire();
      const controller = new AbortController();
      const { signal } = controller;
      const got = cancellable(pool.acquire(), { signal }).then(
        (lease) => lease.release(),
        () => {},
      );
      void held.release();
      await later(n);
      controller.abort();
      await got;
      await sleep(1);
      await isWhole(pool);
    });
  });

  test.each(moments)(
    "by its signal, %i microtasks later: it has the lease, or nobody",
    async (n) => {
      await withVirtualClock(async () => {
        const { pool } = thingPool({ max: 1 });
        const held = await pool.acquire();
        const controller = new AbortController();
        const got = pool.acquire({ signal: controller.signal }).then(
          (lease) => lease.release(),
          () => {},
        );
        void held.release();
        await later(n);
        controller.abort();
        await got;
        await isWhole(pool);
      });
    },
  );

  test.each(moments)("by its scope, %i microtasks later", async (n) => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 1 });
      const held = await pool.acquire();
      const scope = new CancelScope();
      const got = scope
        .run(async () => {
          await using lease = await pool.acquire(at(scope));
          await sleep(LONG, at(scope));
          return lease.value;
        })
        .catch(() => {});
      void held.release();
      await later(n);
      scope.cancel();
      await got;
      await isWhole(pool);
    });
  });

  test.each(moments)("of a run(), %i microtasks later", async (n) => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({ max: 1, reset: () => sleep(5) });
      const held = await pool.acquire();
      const controller = new AbortController();
      const { signal } = controller;
      const got = pool
        .run((_, inner) => sleep(LONG, { signal: inner.signal }), { signal })
        .catch(() => {});
      const released = held.release();
      await sleep(5);
      await later(n);
      controller.abort();
      await Promise.all([got, released]);
      await isWhole(pool);
    });
  });

  // The timer of the wait and the end of what it waits for are due at the same time, in both orders.
  test.each([
    [10, 10],
    [10, 9.999],
    [9.999, 10],
  ])("by its time of %d ms, where a creation takes %d ms", async (timeoutMs, createMs) => {
    await withVirtualClock(async () => {
      const { pool } = thingPool({
        max: 1,
        create: async () => {
          await sleep(createMs);
          return { id: 1, destroyed: 0 };
        },
      });
      const calls: Promise<unknown>[] = [];
      for (const call of [
        () => pool.acquire({ timeoutMs }),
        () => timeout(timeoutMs, (scope) => pool.acquire(at(scope))),
      ]) {
        calls.push(
          call().then(
            (lease: Lease<Thing>) => lease.release(),
            () => {},
          ),
        );
      }
      await Promise.all(calls);
      await sleep(50);
      await isWhole(pool);
    });
  });
});

describe("a reset that hangs", () => {
  test("holds up release() for its own time and no longer, and close() neither", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, gone } = thingPool({
        max: 1,
        resetTimeoutMs: 100,
        destroyTimeoutMs: 50,
        reset: () => new Promise(() => {}),
      });
      const lease = await pool.acquire();
      const next = pool.acquire();
      const reports = await reportsDuring(() => lease.release());
      expect([clock.now(), gone]).toEqual([100, [1]]);
      expect(reports).toEqual([
        'reset failed for a pool, and the resource is destroyed: TimeoutError: "reset for a pool" timed out after 100 ms',
      ]);
      expect((await next).value.id).toBe(2);
      const start = clock.now();
      await reportsDuring(() => Promise.all([pool.close(), next.then((it) => it.release())]));
      // What is not used again is not reset.
      expect([clock.now() - start, pool.size]).toEqual([0, 0]);
    });
  });

  test("and a destroy that hangs, too, bound close() all the same", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({
        max: 2,
        resetTimeoutMs: 100,
        destroyTimeoutMs: 50,
        reset: () => new Promise(() => {}),
        destroy: () => new Promise(() => {}),
      });
      const lease = await pool.acquire();
      await pool.acquire();
      await reportsDuring(() => Promise.all([lease.release(), pool.close({ graceMs: 30 })]));
      expect([clock.now(), pool.size]).toEqual([80, 0]);
    });
  });

  test("in a caller that is cancelled is bounded, too", async () => {
    await withVirtualClock(async (clock) => {
      const { pool } = thingPool({
        max: 1,
        resetTimeoutMs: 100,
        reset: () => new Promise(() => {}),
      });
      await pool.warm(1);
      await reportsDuring(() =>
        timeout(10, (scope) => pool.run(() => sleep(LONG, at(scope)), at(scope))).catch(() => {}),
      );
      expect([clock.now(), pool.busy]).toEqual([110, 0]);
    });
  });
});

test("a creation that hangs holds up close() no longer than what is to be destroyed", async () => {
  await withVirtualClock(async (clock) => {
    const { pool } = thingPool({
      create: () => new Promise(() => {}),
      createTimeoutMs: Infinity,
      destroyTimeoutMs: 50,
    });
    const call = pool.acquire().catch((error: unknown) => (error as Error).name);
    await reportsDuring(() => pool.close({ graceMs: 30 }));
    expect([clock.now(), pool.size, await call]).toEqual([80, 0, "ClosedError"]);
  });
});
