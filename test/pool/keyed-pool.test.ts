import { describe, expect, test } from "vitest";
import {
  constant,
  DeadlockError,
  KeyedPool,
  type KeyedPoolOptions,
  type Lease,
  sleep,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { settle } from "../support/settle.ts";

function hosts(options: Partial<KeyedPoolOptions<string, string>> = {}): {
  readonly pool: KeyedPool<string, string>;
  readonly log: string[];
} {
  const log: string[] = [];
  const counts = new Map<string, number>();
  const pool = new KeyedPool<string, string>({
    max: 2,
    total: 3,
    create(key) {
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      log.push(`+${key}${count}`);
      return `${key}${count}`;
    },
    destroy: (value) => void log.push(`-${value}`),
    ...options,
  });
  return { pool, log };
}

describe("a keyed pool", () => {
  test("has so many of each key, and of all together", async () => {
    const { pool } = hosts();
    const held = [await pool.acquire("a"), await pool.acquire("a"), await pool.acquire("b")];
    const third = pool.acquire("a");
    const fourth = pool.acquire("b");
    expect([pool.size, pool.waiting, pool.keys, pool.busy]).toEqual([3, 2, 2, 3]);
    await held[2]!.release();
    expect((await fourth).value).toBe("b1");
    await held[1]!.release();
    expect((await third).value).toBe("a2");
  });

  test("takes what each key may have from a function", async () => {
    const { pool } = hosts({ max: (key) => (key === "big" ? 3 : 1), total: 10 });
    for (let i = 0; i < 3; i++) await pool.acquire("big");
    await pool.acquire("small");
    const more = [pool.acquire("big"), pool.acquire("small")];
    expect([pool.size, pool.waiting]).toEqual([4, 2]);
    void more;
  });

  test("makes room for a key: the idle one goes whose key was used least recently", async () => {
    const { pool, log } = hosts();
    for (const key of ["a", "b", "c", "a"]) await pool.run(key, () => {});
    await pool.run("d", () => {});
    expect(log).toEqual(["+a1", "+b1", "+c1", "-b1", "+d1"]);
    expect([pool.keys, pool.stats().destroyed.evicted]).toEqual([3, 1]);
  });

  test("makes no more room than is needed, and waits for the end of what goes", async () => {
    await withVirtualClock(async (clock) => {
      const { pool, log } = hosts({
        destroy: async (value) => {
          await sleep(10);
          log.push(`-${value}`);
        },
      });
      for (const key of ["a", "b", "c"]) await pool.run(key, () => {});
      const lease = await pool.acquire("d");
      expect([lease.value, clock.now(), pool.size, pool.idle]).toEqual(["d1", 10, 3, 2]);
      expect(log).toEqual(["+a1", "+b1", "+c1", "-a1", "+d1"]);
    });
  });

  test("evicts what comes back while others need the place", async () => {
    const { pool, log } = hosts({ total: 1 });
    const lease = await pool.acquire("a");
    const other = pool.acquire("b");
    await lease.release();
    expect((await other).value).toBe("b1");
    expect(log).toEqual(["+a1", "-a1", "+b1"]);
  });

  test("holds up no key behind another whose resources are all in use", async () => {
    const { pool } = hosts({ max: 1, total: 3 });
    await pool.acquire("slow");
    const stuck = Array.from({ length: 10 }, () => pool.acquire("slow"));
    expect((await pool.acquire("fast")).value).toBe("fast1");
    expect(pool.waiting).toBe(10);
    void stuck;
  });

  test("lets the keys take turns while the total is short, first come first served in each", async () => {
    await withVirtualClock(async () => {
      const { pool } = hosts({ max: 1, total: 1 });
      const order: string[] = [];
      const use = (key: string, name: string): Promise<void> =>
        pool.run(key, async () => {
          order.push(name);
          await sleep(1);
        });
      await Promise.all([
        ...["a1", "a2", "a3", "a4"].map((name) => use("a", name)),
        use("b", "b1"),
        use("c", "c1"),
        use("b", "b2"),
      ]);
      const of = (key: string): string[] => order.filter((name) => name.startsWith(key));
      expect(of("a")).toEqual(["a1", "a2", "a3", "a4"]);
      expect(of("b")).toEqual(["b1", "b2"]);
    });
  });

  test("forgets a key that has nothing and that nobody waits for", async () => {
    await withVirtualClock(async () => {
      const { pool } = hosts({ maxIdleMs: 100, total: Infinity });
      for (let i = 0; i < 50; i++) await pool.run(`host ${i}`, () => {});
      expect(pool.keys).toBe(50);
      await sleep(100);
      expect([pool.keys, pool.size]).toEqual([0, 0]);
      const controller = new AbortController();
      controller.abort();
      await expect(pool.acquire("a", { signal: controller.signal })).rejects.toThrow();
      expect([pool.tryAcquire("a"), pool.keys]).toEqual([undefined, 0]);
    });
  });

  test("leaves a pause after a failure to the key that has failed, and forgets it after that", async () => {
    await withVirtualClock(async (clock) => {
      const pool = new KeyedPool({
        backoff: constant(100),
        create: (key: string) => {
          if (key === "down" && clock.now() < 100) throw new Error("down");
          return key;
        },
      });
      await expect(pool.acquire("down")).rejects.toThrow("down");
      const again = pool.acquire("down").then(() => clock.now());
      await pool.run("up", () => {});
      expect([clock.now(), await again]).toEqual([0, 100]);
      await expect(
        new KeyedPool({
          backoff: constant(100),
          create: () => Promise.reject(new Error("down")),
        }).acquire("x"),
      ).rejects.toThrow("down");
    });
  });

  test("expires one key, or all", async () => {
    const { pool, log } = hosts();
    for (const key of ["a", "b"]) await pool.run(key, () => {});
    const lease = await pool.acquire("a");
    pool.expire("a");
    pool.expire("unknown");
    await lease.release();
    expect(log).toEqual(["+a1", "+b1", "-a1"]);
    pool.expireAll();
    expect([log.at(-1), pool.size, pool.keys]).toEqual(["-b1", 0, 0]);
  });

  test("warms a key, and closes", async () => {
    const { pool, log } = hosts({ name: "hosts" });
    await pool.warm("a", 2);
    expect([pool.idle, String(pool).slice(0, 30)]).toEqual([2, 'KeyedPool "hosts" { size: 2, i']);
    let lease: Lease<string> | undefined;
    {
      await using its = pool;
      lease = await its.acquire("a");
      await lease.release();
    }
    expect([pool.closed, pool.keys, log.length]).toEqual([true, 0, 4]);
    await pool.close();
    await pool.terminate();
    expect(() => pool.tryAcquire("a")).toThrow("closed");
  });

  test("gives the key to each function", async () => {
    const seen: string[] = [];
    const pool = new KeyedPool<number, string>({
      create: (key, { name }) => (seen.push(`create ${key} ${name}`), "it"),
      validate: (value, key, { name }) => seen.push(`validate ${value} ${key} ${name}`) > 0,
      reset: (value, key, { name }) => void seen.push(`reset ${value} ${key} ${name}`),
      isBroken: (error, value, key) => seen.push(`broken ${String(error)} ${value} ${key}`) > 0,
      destroy: (value, key, { name }) => void seen.push(`destroy ${value} ${key} ${name}`),
    });
    await pool.run(5, () => {});
    await expect(pool.run(5, () => Promise.reject("bad"))).rejects.toBe("bad");
    expect(seen).toEqual([
      "create 5 create for a pool",
      "reset it 5 reset for a pool",
      "validate it 5 validate for a pool",
      "broken bad it 5",
      "destroy it 5 destroy for a pool",
    ]);
  });
});

describe("a function of run() that waits for what it holds itself (needs ambient scopes)", () => {
  ambientTest("is refused by its key", async () => {
    const { pool } = hosts({ max: 1, name: "hosts" });
    await expect(pool.run("a", () => pool.run("a", () => {}))).rejects.toBeInstanceOf(
      DeadlockError,
    );
    await settle();
    expect([pool.busy, pool.waiting]).toEqual([0, 0]);
  });

  ambientTest("is refused by the total", async () => {
    const { pool } = hosts({ max: 1, total: 2 });
    await expect(
      pool.run("a", () => pool.run("b", () => pool.run("c", () => {}))),
    ).rejects.toBeInstanceOf(DeadlockError);
    // An idle one would make room.
    await pool.run("a", () => {});
    await pool.run("b", () => pool.run("c", () => {}));
  });
});
