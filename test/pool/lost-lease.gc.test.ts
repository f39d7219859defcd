import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type Lease, Pool } from "corral";
import { reportsDuring } from "../support/reports.ts";
import { type Thing, thingPool } from "./things.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** Collects until it is so; without a condition some times, by when what is lost would have been heard of. */
async function collect(until?: () => boolean): Promise<void> {
  const most = until === undefined ? 4 : 12;
  for (let i = 0; i < most && until?.() !== true; i++) {
    await turn();
    gc();
    await turn();
  }
}

function forgottenPool(): WeakRef<object> {
  const pool = new Pool<object>({ create: () => ({}) });
  void pool.run(() => {});
  return new WeakRef(pool);
}

describe("a lease that is collected and was never released", () => {
  test("is reported, and its resource destroyed: the next in line gets another", async () => {
    const { pool, gone } = thingPool({ max: 1, name: "db" });
    const lose = async (): Promise<void> => void (await pool.acquire({ name: "import" }));
    let next: Lease<Thing> | undefined;
    const reports = await reportsDuring(
      async () => {
        await lose();
        void pool.acquire().then((lease) => (next = lease));
        await collect(() => next !== undefined);
      },
      { lost: true },
    );
    expect(reports).toEqual([
      'A lease of pool "db" was lost: it was collected and never released, and its resource is destroyed; held by "import"',
    ]);
    expect([gone, next?.value.id]).toEqual([[1], 2]);
    expect(pool.stats()).toMatchObject({ leaks: 1, destroyed: { lost: 1 } });
  });

  test("is no lease that was released, destroyed, or run with", async () => {
    const { pool } = thingPool({ max: 3 });
    const use = async (): Promise<void> => {
      await (await pool.acquire()).destroy();
      await (await pool.acquire()).release();
    };
    const reports = await reportsDuring(
      async () => {
        await use();
        // The same resource is in use, while the lease that was released is collected.
        await pool.run(() => collect());
        await collect();
      },
      { lost: true },
    );
    expect([reports, pool.stats().leaks, pool.stats().created]).toEqual([[], 0, 2]);
  });

  test("is no lease of a pool that was closed", async () => {
    const { pool } = thingPool();
    const reports = await reportsDuring(
      async () => {
        await pool.acquire();
        await pool.terminate();
        await collect();
      },
      { lost: true },
    );
    expect(reports).toEqual([]);
  });
});

describe("a pool keeps nothing", () => {
  test("of what it has destroyed, nor of who has used it", async () => {
    const refs: WeakRef<object>[] = [];
    const pool = new Pool<object>({ max: 2, maxUses: 2, create: () => ({}), leakWarnMs: 1e6 });
    const use = async (): Promise<void> => {
      const controller = new AbortController();
      for (let i = 0; i < 10; i++) {
        const lease = await pool.acquire({ signal: controller.signal });
        refs.push(new WeakRef(lease), new WeakRef(controller.signal));
        if (i < 9) refs.push(new WeakRef(lease.value));
        await lease.release();
      }
    };
    await use();
    await pool.acquire().then((lease) => lease.destroy());
    await collect(() => refs.every((ref) => ref.deref() === undefined));
    expect(refs.filter((ref) => ref.deref() !== undefined).length).toBe(0);
    expect(pool.size).toBeLessThanOrEqual(1);
  });

  test("alive that nobody holds, once its leases are gone, too", async () => {
    const ref = forgottenPool();
    await collect(() => ref.deref() === undefined);
    expect(ref.deref()).toBeUndefined();
  });
});
