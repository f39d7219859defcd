// Against a real server, on the clock of the platform: what a tier in memory may have got wrong.
import { randomUUID } from "node:crypto";
import { afterAll, describe, expect } from "vitest";
import { AsyncLru, type AsyncLruOptions, sleep, timeout, TimeoutError } from "corral";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { Redis } from "../support/redis.ts";
import { reportsDuring } from "../support/reports.ts";
import { requires } from "../support/services.ts";
import { RedisTier } from "./redis-tier.ts";

const connections: Redis[] = [];

async function connection(): Promise<Redis | undefined> {
  const redis = await Redis.connect();
  if (redis !== undefined) connections.push(redis);
  return redis;
}

const server = await connection();
const serverTest = requires("a Redis server on REDIS_URL or 127.0.0.1:6379", server !== undefined);
const prefix = `corral-test-${randomUUID()}`;
let tests = 0;

afterAll(async () => {
  const keys = (await server?.send("KEYS", `${prefix}*`)) as string[] | undefined;
  if (keys !== undefined && keys.length > 0) await server!.send("DEL", ...keys);
  for (const each of connections) each.close();
});

/** A cache as another process would have it: with a connection of its own. */
async function process(
  name: string,
  options: AsyncLruOptions<string, string>,
): Promise<{ cache: AsyncLru<string, string>; redis: Redis; tier: RedisTier<string> }> {
  const redis = (await connection())!;
  const tier = new RedisTier<string>(redis, `${prefix}:${name}`);
  return { cache: new AsyncLru({ ttlMs: 5_000, tier, ...options }), redis, tier };
}

describe("a tier in Redis", () => {
  serverTest("has what another process has loaded, for as long as it is fresh", async () => {
    const name = String(++tests);
    const one = await process(name, { load: (key) => `${key}, "é" \r\n` });
    const other = await process(name, { load: () => "loaded again" });
    expect(await one.cache.get("a")).toBe('a, "é" \r\n');
    await one.cache.settled();
    const left = (await server!.send("PTTL", one.tier.keyOf("a"))) as number;
    expect(left).toBeGreaterThan(3_000);
    expect(left).toBeLessThanOrEqual(5_000);
    expect(await other.cache.get("a")).toBe('a, "é" \r\n');
    one.cache.set("b", "short", { ttlMs: 200 });
    await one.cache.settled();
    expect(await other.cache.get("b")).toBe("short");
    await sleep(220);
    expect(await other.cache.get("b")).toBe("loaded again");
  });

  serverTest("loads once for all processes that ask at the same time", async () => {
    const name = String(++tests);
    let loads = 0;
    const load = async (key: string): Promise<string> => {
      const number = ++loads;
      await sleep(30);
      return `${key}, load ${number}`;
    };
    const all = await Promise.all(Array.from({ length: 8 }, () => process(name, { load })));
    const calls = all.flatMap(({ cache }) => [cache.get("a"), cache.get("a")]);
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["a, load 1"]));
    await Promise.all(all.map(({ cache }) => cache.settled()));
    expect(await server!.send("EXISTS", all[0]!.tier.leaseOf("a"))).toBe(0);
  });

  serverTest("lets another process load when one has died", async () => {
    const name = String(++tests);
    const { cache, tier } = await process(name, { load: (key) => `${key}, loaded` });
    await server!.send("SET", tier.leaseOf("a"), "of the dead", "PX", 80);
    const start = performance.now();
    expect(await cache.get("a")).toBe("a, loaded");
    expect(performance.now() - start).toBeGreaterThan(60);
  });

  serverTest("does not release the lease of somebody else", async () => {
    const name = String(++tests);
    const gates = [deferred(), deferred()];
    const began = deferred();
    const slow = await process(name, {
      tierLeaseMs: 20,
      load: () => gates[0]!.promise.then(() => "slow"),
    });
    const other = await process(name, {
      load: () => {
        began.resolve();
        return gates[1]!.promise.then(() => "other");
      },
    });
    const calls = [slow.cache.get("a")];
    await sleep(5);
    calls.push(other.cache.get("a"));
    await began.promise;
    gates[0]!.resolve();
    await calls[0];
    await slow.cache.settled();
    expect(await server!.send("EXISTS", slow.tier.leaseOf("a"))).toBe(1);
    gates[1]!.resolve();
    expect(await Promise.all(calls)).toEqual(["slow", "other"]);
    await other.cache.settled();
    expect(await server!.send("EXISTS", slow.tier.leaseOf("a"))).toBe(0);
  });

  serverTest("has nothing of what was invalidated", async () => {
    const { cache, tier } = await process(String(++tests), { load: (key) => key });
    for (let i = 0; i < 50; i++) cache.set("a", String(i));
    cache.delete("a");
    cache.set("b", "first");
    cache.set("b", "last");
    const call = cache.get("c");
    cache.delete("c");
    await call;
    await cache.settled();
    const values = ["a", "b", "c"].map((key) => server!.send("GET", tier.keyOf(key)));
    expect(await Promise.all(values)).toEqual([null, '"last"', null]);
  });

  serverTest("is left alone by who has left", async () => {
    const { cache, tier } = await process(String(++tests), { load: (key) => key });
    await server!.send("SET", tier.leaseOf("a"), "of another one", "PX", 1_000);
    const call = timeout(30, (scope) => cache.get("a", at(scope)));
    await expect(call).rejects.toThrow(TimeoutError);
    // The load is cancelled then; a command that is on its way to the server is waited for.
    await expect.poll(() => cache.stats().loading).toBe(0);
    expect(await server!.send("EXISTS", tier.keyOf("a"))).toBe(0);
  });

  serverTest("does no harm when its server has gone", async () => {
    const { cache, redis } = await process(String(++tests), { load: (key) => `${key}, loaded` });
    redis.close();
    const reports = await reportsDuring(async () => {
      expect(await cache.get("a")).toBe("a, loaded");
      cache.delete("a");
      await cache.settled();
    });
    const gone = "a cache's second level threw: Error: The connection is closed";
    expect(reports).toEqual(
      ["get()", "set()", "delete()", "delete()"].map((each) => `${each} of ${gone}`),
    );
  });
});
