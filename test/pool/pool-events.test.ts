import { describe, expect, test } from "vitest";
import { KeyedPool, Pool, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { thingPool } from "./things.ts";

describe("onEvent", () => {
  test("hears of what happens, in order", async () => {
    await withVirtualClock(async () => {
      const events: unknown[] = [];
      let fails = true;
      const error = new Error("down");
      const pool = new Pool<number>({
        max: 1,
        backoff: () => 0,
        leakWarnMs: 100,
        create: () => (fails ? Promise.reject(error) : 7),
        reset: () => {
          if (fails) throw error;
        },
        onEvent: (event) => {
          expect(Object.isFrozen(event)).toBe(true);
          events.push(event);
        },
      });
      await reportsDuring(async () => {
        await expect(pool.acquire()).rejects.toBe(error);
        fails = false;
        const lease = await pool.acquire();
        await expect(pool.acquire({ timeoutMs: 10 })).rejects.toThrow();
        await sleep(100);
        fails = true;
        await lease.release();
        fails = false;
        await (await pool.acquire()).destroy("odd");
        await pool.run(() => {});
        await pool.close();
      });
      const key = undefined;
      const value = 7;
      expect(events).toEqual([
        { kind: "createFailure", key, error },
        { kind: "create", key, value },
        { kind: "acquire", key, value },
        { kind: "timeout", key },
        { kind: "leak", key, value },
        { kind: "release", key, value },
        { kind: "resetFailure", key, value, error },
        { kind: "destroy", key, value, reason: "reset", error },
        { kind: "create", key, value },
        { kind: "acquire", key, value },
        { kind: "release", key, value },
        { kind: "destroy", key, value, reason: "discarded", error: "odd" },
        { kind: "create", key, value },
        { kind: "acquire", key, value },
        { kind: "release", key, value },
        { kind: "destroy", key, value, reason: "closed" },
      ]);
    });
  });

  test("is told the key of a keyed pool", async () => {
    const events: string[] = [];
    const pool = new KeyedPool({
      create: (key: string) => key,
      onEvent: ({ kind, key }) => void events.push(`${kind} ${key}`),
    });
    await pool.run("a", () => {});
    expect(events).toEqual(["create a", "acquire a", "release a"]);
  });

  test("that throws is reported, and breaks nothing", async () => {
    const { pool } = thingPool({
      onEvent: () => {
        throw new Error("no");
      },
    });
    const reports = await reportsDuring(() => pool.run(() => {}));
    expect(reports).toEqual(Array.from({ length: 3 }, () => "onEvent threw: Error: no"));
    expect(pool.idle).toBe(1);
  });

  test("may use the pool", async () => {
    const nested: number[] = [];
    const { pool } = thingPool({
      max: 1,
      onEvent: ({ kind }) => {
        if (kind !== "release" || nested.length > 2) return;
        const lease = pool.tryAcquire();
        nested.push(lease!.value.id);
        void lease?.release();
      },
    });
    await pool.run(() => {});
    expect([nested, pool.idle, pool.busy]).toEqual([[1, 1, 1], 1, 0]);
  });
});

describe("a function of the user", () => {
  test("may use the pool that has called it", async () => {
    const seen: unknown[] = [];
    const { pool } = thingPool({
      max: 1,
      validate: () => {
        seen.push(pool.tryAcquire(), pool.busy);
        pool.expire();
        return true;
      },
      reset: () => void seen.push(pool.tryAcquire()),
      destroy: () => void seen.push(pool.idle),
    });
    await pool.warm(1);
    await pool.run(() => {});
    expect(seen).toEqual([undefined, 1, 0]);
    await pool.close();
    expect(pool.size).toBe(0);
  });

  test("may close it", async () => {
    let closed: Promise<void> | undefined;
    const { pool, things } = thingPool({
      max: 1,
      validate: () => {
        closed = pool.terminate();
        return true;
      },
    });
    await pool.warm(1);
    await expect(pool.acquire()).rejects.toThrow("closed");
    await closed;
    expect(things.map(({ destroyed }) => destroyed)).toEqual([1]);
  });

  test("isBroken that throws is reported, and counts as yes", async () => {
    const { pool } = thingPool({
      isBroken: () => {
        throw new Error("no idea");
      },
    });
    const reports = await reportsDuring(() =>
      expect(pool.run(() => Promise.reject(new Error("failed")))).rejects.toThrow("failed"),
    );
    expect(reports).toEqual(["isBroken threw: Error: no idea"]);
    expect(pool.stats().destroyed.broken).toBe(1);
  });
});
