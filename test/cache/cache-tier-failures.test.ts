import { describe, expect, test } from "vitest";
import { AsyncLru, type CacheTier, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { MemoryTier } from "./memory-tier.ts";

/** A cache whose tier fails at some of its operations, and what that leads to. */
async function failing(
  operations: string,
  act: (cache: AsyncLru<string, string>, memory: MemoryTier<string>) => unknown,
  tierOf: (memory: MemoryTier<string>) => CacheTier<string, string> = (memory) => memory,
): Promise<string[]> {
  let reports: string[] = [];
  const unhandled = await unhandledDuring(() =>
    withVirtualClock(async () => {
      const memory = new MemoryTier<string>();
      memory.before = (operation) => {
        if (operations.split(" ").includes(operation)) throw new RangeError(`${operation} fails`);
      };
      let loads = 0;
      const load = async (key: string): Promise<string> => {
        const number = ++loads;
        await sleep(10);
        return `${key}, load ${number}`;
      };
      const cache = new AsyncLru({ tier: tierOf(memory), load });
      reports = await reportsDuring(async () => {
        await act(cache, memory);
        await cache.settled();
      });
    }),
  );
  expect(unhandled).toEqual([]);
  return reports;
}

function fail(): never {
  throw new RangeError("fails at once");
}

const told = (operation: string, name = `${operation}()`): string =>
  `${name} of a cache's second level threw: RangeError: ${operation} fails`;

describe("a failure of a tier is reported, and", () => {
  test("of get() means a load", async () => {
    const reports = await failing("get", async (cache, memory) => {
      memory.put("a", "unreachable");
      expect(await cache.get("a")).toBe("a, load 1");
    });
    expect(reports).toEqual([told("get")]);
  });

  test("of set() concerns nobody, and leaves no older value", async () => {
    const reports = await failing("set", async (cache, memory) => {
      memory.put("b", "old");
      expect(await cache.get("a")).toBe("a, load 1");
      cache.set("b", "new");
      await cache.settled();
      expect(memory.values.size).toBe(0);
      expect([cache.peek("a"), cache.peek("b")]).toEqual(["a, load 1", "new"]);
    });
    expect(reports).toEqual([told("set"), told("set")]);
  });

  test("of delete() leaves what is there, and holds up nothing", async () => {
    const reports = await failing("delete", async (cache, memory) => {
      memory.put("a", "old");
      cache.delete("a");
      expect(await cache.get("a")).toBe("old");
      cache.set("a", "new");
      await cache.settled();
      expect(memory.values.get("a")?.value).toBe("new");
    });
    expect(reports).toEqual([told("delete")]);
  });

  test("of set() and of the delete() after it are two", async () => {
    const reports = await failing("set delete", (cache) => cache.set("a", "new"));
    expect(reports).toEqual([told("set"), told("delete")]);
  });

  test("of clear() holds up nothing", async () => {
    const reports = await failing(
      "clear",
      async (cache, memory) => {
        cache.clear();
        cache.set("a", "new");
        expect(await cache.get("b")).toBe("b, load 1");
        await cache.settled();
        expect(new Set(memory.values.keys())).toEqual(new Set(["a", "b"]));
      },
      (memory) => memory.withClear(),
    );
    expect(reports).toEqual([told("clear")]);
  });

  test("of lease() means a load, written as any", async () => {
    const reports = await failing(
      "lease",
      async (cache, memory) => {
        expect(await cache.get("a")).toBe("a, load 1");
        await cache.settled();
        expect(memory.log).toEqual(["get a", "lease a", "set a"]);
      },
      (memory) => memory.withLeases(),
    );
    expect(reports).toEqual([told("lease")]);
  });

  test("of the release of a lease concerns nobody", async () => {
    const reports = await failing(
      "release",
      async (cache) => {
        expect(await cache.get("a")).toBe("a, load 1");
      },
      (memory) => memory.withLeases(),
    );
    expect(reports).toEqual([told("release", "The release of a lease")]);
  });

  test("of get() lets the load ask for nothing more", async () => {
    const reports = await failing(
      "get",
      async (cache, memory) => {
        expect(await cache.get("a")).toBe("a, load 1");
        expect(memory.log).toEqual(["get a", "set a"]);
      },
      (memory) => memory.withLeases(),
    );
    expect(reports).toEqual([told("get")]);
  });

  test("at once counts as one that comes later", async () => {
    const reports = await failing(
      "",
      async (cache) => {
        cache.set("a", "new");
        cache.clear();
        expect(await cache.get("b")).toBe("b, load 1");
      },
      () => ({ get: fail, set: fail, delete: fail, clear: fail, lease: fail }),
    );
    const operations = reports.map((line) => line.split(" ")[0]!);
    expect(operations.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      "clear()",
      "delete()",
      "delete()",
      "get()",
      "set()",
    ]);
  });
});

describe("an answer of a tier that is none is reported, and counts for nothing:", () => {
  const answers: [string, unknown, string][] = [
    [
      "a bare value",
      "found",
      'TypeError: Cannot take an answer of the second level: "value" must be in an object, received "found"',
    ],
    [
      "a time that is no number",
      { value: "found", ttlMs: "10" },
      'TypeError: Cannot take an answer of the second level: "ttlMs" must be a number of milliseconds, received "10"',
    ],
  ];
  test.each(answers)("%s", async (_name, answer, message) => {
    const reports = await failing(
      "",
      async (cache) => expect(await cache.get("a")).toBe("a, load 1"),
      (memory) => ({
        get: () => answer as never,
        set: (key, value, options) => memory.set(key, value, options),
        delete: (key) => memory.delete(key),
      }),
    );
    expect(reports).toEqual([`get() of a cache's second level threw: ${message}`]);
  });

  test("a lease that cannot be released", async () => {
    const reports = await failing(
      "",
      async (cache) => expect(await cache.get("a")).toBe("a, load 1"),
      (memory) => ({
        get: () => null as never,
        set: (key, value, options) => memory.set(key, value, options),
        delete: (key) => memory.delete(key),
        lease: () => true as never,
      }),
    );
    expect(reports).toEqual([
      'lease() of a cache\'s second level threw: TypeError: Cannot take an answer of the second level: "release" must be a function, received true',
    ]);
  });
});

describe("a tier that is none", () => {
  const wrong: [unknown, string][] = [
    [null, '"tier" must be an object, received null'],
    ["redis", '"tier" must be an object, received "redis"'],
    [{}, '"tier.get" must be a function, received undefined'],
    [{ get() {}, set: 1 }, '"tier.set" must be a function, received 1'],
    [{ get() {}, set() {} }, '"tier.delete" must be a function, received undefined'],
    [
      { get() {}, set() {}, delete() {}, clear: true },
      '"tier.clear" must be a function, received true',
    ],
    [
      { get() {}, set() {}, delete() {}, lease: "lease" },
      '"tier.lease" must be a function, received "lease"',
    ],
  ];
  test.each(wrong)("is refused: %o", (tier, message) => {
    const make = (): unknown => new AsyncLru({ tier: tier as never });
    expect(make).toThrow(new TypeError(`Cannot create a cache: ${message}`));
  });
});
