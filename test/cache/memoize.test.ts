import { describe, expect, test } from "vitest";
import { AsyncLru, CancelScope, currentSignal, memoize } from "corral";
import { deferred } from "../support/deferred.ts";
import { explicit } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { Loads, outcomeOf } from "./flights.ts";

interface Options {
  readonly signal?: AbortSignal | undefined;
  readonly page?: number;
}

/** A memoized function that counts its calls. */
function counted(): { readonly fn: (...args: unknown[]) => Promise<number>; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const fn = memoize(async (...args: unknown[]) => calls.push(args));
  return { fn, calls };
}

async function findUser(id: number): Promise<string> {
  return `user ${id}`;
}

/** Of no plain objects. */
class Own {
  readonly a = 1;
}

describe("memoize()", () => {
  test("calls the function once for the same arguments, at the same time and later", async () => {
    const { fn, calls } = counted();
    const [a, b] = [fn("x", 1), fn("x", 1)];
    expect(calls).toEqual([["x", 1]]);
    expect(await Promise.all([a, b])).toEqual([1, 1]);
    expect([await fn("x", 1), await fn("x", 2), await fn("y", 1)]).toEqual([1, 2, 3]);
    expect(await fn("x", 1)).toBe(1);
  });

  test("calls it at once, with the arguments as they are then", async () => {
    const seen: number[] = [];
    const load = memoize(async (query: { id: number }) => {
      seen.push(query.id);
      await settle();
      return `user ${seen.at(-1)!}`;
    });
    const query = { id: 1 };
    const first = load(query);
    query.id = 2;
    expect(seen).toEqual([1]);
    await first;
    const second = load(query);
    expect([await first, await second]).toEqual(["user 1", "user 2"]);
    expect(await load({ id: 1 })).toBe("user 1");
  });

  test("gives the very value, and hands the function the very arguments", async () => {
    const value = {};
    const argument = { deep: [1] };
    const other = new Own();
    let seen: unknown[] = [];
    const fn = memoize(async (...args: unknown[]) => {
      seen = args;
      return value;
    });
    expect(await fn(argument, other)).toBe(value);
    expect(await fn({ deep: [1] }, other)).toBe(value);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(argument);
    expect(seen[1]).toBe(other);
  });

  test("takes arguments by value, in whatever order of properties, and other objects by identity", async () => {
    const { fn, calls } = counted();
    const own = new Own();
    const same = [
      [{ a: 1, b: [new Date(5), new Set([1])] }, own],
      [{ b: [new Date(5), new Set([1])], a: 1 }, own],
    ];
    expect([await fn(...same[0]!), await fn(...same[1]!)]).toEqual([1, 1]);
    const others = [[{ a: 1, b: [] }, own], [{ a: 1 }], [], [1], ["1"], [1n], [[1]], [null]];
    for (const args of others) await fn(...args);
    expect(calls).toHaveLength(1 + others.length);
    expect(await fn(...same[0]!)).toBe(1);
  });

  test("tells apart arguments that look alike as text", async () => {
    const { fn, calls } = counted();
    const alike = [
      ["a", "b"],
      ["a,b"],
      [["a", "b"]],
      ["a", ["b"]],
      [{ a: "b" }],
      ['{"a":"b"}'],
      ["undefined"],
      [undefined],
      ["null"],
      ["A[]"],
      [[]],
      [undefined, undefined],
    ];
    for (const args of alike) await fn(...args);
    for (const args of alike) await fn(...args);
    expect(calls).toEqual(alike);
  });

  test("rejects a call whose arguments contain themselves, and calls nothing", async () => {
    const { fn, calls } = counted();
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    await expect(fn(cyclic)).rejects.toThrow(TypeError);
    await expect(fn(cyclic)).rejects.toThrow(/^Cannot memoize: "args" must have no cycles/);
    expect(calls).toEqual([]);
  });

  test("keeps values that are undefined, null or false", async () => {
    for (const value of [undefined, null, false, 0, "", Number.NaN]) {
      let calls = 0;
      const fn = memoize(async () => {
        calls++;
        return value;
      });
      expect([await fn(), await fn(), calls]).toEqual([value, value, 1]);
    }
  });

  test("pitfall 24: keeps no failure", async () => {
    let calls = 0;
    const fn = memoize(async () => {
      if (++calls < 3) throw new Error(`no ${calls}`);
      return "value";
    });
    const both = await Promise.allSettled([fn(), fn()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(calls).toBe(1);
    await expect(fn()).rejects.toThrow("no 2");
    expect([await fn(), await fn(), calls]).toEqual(["value", "value", 3]);
    expect(fn.cache.stats()).toMatchObject({ failures: 2, loads: 3, hits: 1, misses: 4 });
  });

  test("makes an async function of one that is not", async () => {
    let calls = 0;
    const square = memoize((n: number) => {
      calls++;
      if (n < 0) throw new RangeError("negative");
      return n * n;
    });
    const pending = square(3);
    expect(pending).toBeInstanceOf(Promise);
    expect([await pending, await square(3), calls]).toEqual([9, 9, 1]);
    await expect(square(-1)).rejects.toThrow("negative");
  });

  test("lets a function load itself for other arguments", async () => {
    const calls: number[] = [];
    const fibonacci: (n: number) => Promise<bigint> = memoize(async (n: number) => {
      calls.push(n);
      if (n < 2) return BigInt(n);
      const [a, b] = await Promise.all([fibonacci(n - 1), fibonacci(n - 2)]);
      return a + b;
    });
    expect(await fibonacci(90)).toBe(2880067194370816120n);
    expect(calls).toHaveLength(91);
  });

  test("has the name of the function, its cache and its keys, and changes nothing of it", async () => {
    const find = memoize(findUser);
    expect([find.name, find === findUser, "cache" in findUser]).toEqual(["findUser", false, false]);
    expect(memoize(async () => 1).name).toBe("");
    await find(1);
    expect(find.cache.has(find.keyOf(1))).toBe(true);
    expect(find.cache.peek(find.keyOf(1))).toBe("user 1");
    expect(find.cache.delete(find.keyOf(1))).toBe(true);
    expect(() => Object.assign(find, { cache: 1 })).toThrow(TypeError);
  });

  test("of one function twice keeps two caches", async () => {
    let calls = 0;
    const load = async (): Promise<number> => ++calls;
    const [one, other] = [memoize(load), memoize(load)];
    expect([await one(), await other(), await one()]).toEqual([1, 2, 1]);
    expect(one.cache).not.toBe(other.cache);
  });

  test("calls the function with the this of the first caller, who is no part of the key", async () => {
    const load = memoize(async function (this: { name: string }, id: number) {
      await Promise.resolve();
      return `${this.name} ${id}`;
    });
    const [a, b] = [
      { name: "a", load },
      { name: "b", load },
    ];
    expect(await Promise.all([a.load(1), b.load(1), b.load(2)])).toEqual(["a 1", "a 1", "b 2"]);
  });

  test("changes no options", async () => {
    const options = Object.freeze({ max: 5, ttlMs: undefined, key: undefined, cache: undefined });
    const fn = memoize(async (n: number) => n, options);
    expect(await fn(1)).toBe(1);
  });
});

describe("memoize() with a key", () => {
  test("shares what has the same key, by the function's this and arguments", async () => {
    const seen: unknown[] = [];
    const load = memoize(
      async function (this: { tenant: string }, id: number, _options: Options) {
        return `${this.tenant} ${id}`;
      },
      {
        key(id, options) {
          seen.push(this.tenant, id, options);
          return `${this.tenant}/${id % 10}`;
        },
      },
    );
    const [a, b] = [
      { tenant: "a", load },
      { tenant: "b", load },
    ];
    const options = {};
    expect(await a.load(1, options)).toBe("a 1");
    expect(seen).toEqual(["a", 1, options]);
    expect(seen[2]).toBe(options);
    expect([await a.load(11, {}), await b.load(1, {}), await b.load(12, {})]).toEqual([
      "a 1",
      "b 1",
      "b 12",
    ]);
    expect(load.keyOf.call(a, 25, {})).toBe("a/5");
    expect([load.cache.peek("a/1"), load.cache.has("b/2")]).toEqual(["a 1", true]);
  });

  test("compares keys as a Map does", async () => {
    let calls = 0;
    const key = { same: 1 };
    const load = memoize(async (_of: unknown) => ++calls, { key: (of) => of });
    expect([await load(key), await load(key), await load({ same: 1 })]).toEqual([1, 1, 2]);
    expect([await load(Number.NaN), await load(Number.NaN)]).toEqual([3, 3]);
    expect([await load(0), await load(-0), await load("0")]).toEqual([4, 4, 5]);
    expect([await load(undefined), await load(undefined)]).toEqual([6, 6]);
  });

  test("rejects with what the key has thrown, and calls nothing", async () => {
    const error = new Error("no key");
    let calls = 0;
    const load = memoize(async () => ++calls, {
      key: () => {
        throw error;
      },
    });
    await expect(load()).rejects.toBe(error);
    expect([calls, load.cache.stats().misses]).toEqual([0, 0]);
  });
});

describe("a memoized function with a signal", () => {
  test("takes it as no part of the key, wherever it stands", async () => {
    const { fn, calls } = counted();
    const { signal } = new AbortController();
    const { signal: other } = new AbortController();
    expect(await fn(1, { signal })).toBe(1);
    for (const args of [[1], [1, signal], [1, { signal: other }], [1, { signal: undefined }]]) {
      expect(await fn(...args)).toBe(1);
    }
    expect(await fn(1, { page: 2, signal })).toBe(2);
    expect([await fn(1, { page: 2 }), await fn(1, { signal: other, page: 2 })]).toEqual([2, 2]);
    // Elsewhere it is an argument as any other.
    expect([await fn(signal, 1), await fn(other, 1), await fn(signal, 1)]).toEqual([3, 4, 3]);
    expect(calls).toHaveLength(4);
  });

  test("gives the function one in its place that stands for all who wait", async () => {
    const seen: unknown[][] = [];
    const load = deferred<number>();
    const fn = memoize((...args: unknown[]) => {
      seen.push(args);
      return load.promise;
    });
    const one = new AbortController();
    const other = new AbortController();
    const given = Object.freeze({ page: 2, signal: one.signal });
    const calls = [fn(1, given), fn(1, { signal: other.signal, page: 2 })];
    const outcomes = Promise.all(calls.map((call) => outcomeOf(call)));
    expect(seen).toHaveLength(1);
    const [id, options] = seen[0] as [number, { page: number; signal: AbortSignal }];
    expect([id, Object.keys(options), options.page]).toEqual([1, ["page", "signal"], 2]);
    expect(options.signal).toBeInstanceOf(AbortSignal);
    expect([one.signal, other.signal]).not.toContain(options.signal);
    if (!explicit) expect(options.signal).not.toBe(currentSignal());
    one.abort("first");
    expect(options.signal.aborted).toBe(false);
    other.abort("second");
    expect(options.signal.aborted).toBe(true);
    expect(await outcomes).toEqual([{ reason: "first" }, { reason: "second" }]);
    expect(given).toEqual({ page: 2, signal: one.signal });
    load.resolve(0);
  });

  test("gives the function one as its last argument, where the caller's was", async () => {
    const loads = new Loads();
    const fn = memoize((_id: number, signal: AbortSignal) => loads.load({ signal }));
    const controller = new AbortController();
    const call = outcomeOf(fn(1, controller.signal));
    expect(loads.begun[0]!.signal).not.toBe(controller.signal);
    controller.abort("gone");
    expect([loads.aborted, await call]).toEqual([[true], { reason: "gone" }]);
  });

  test("gives the function what it was called with where there is none", async () => {
    const { fn, calls } = counted();
    const last = { page: 1, signal: undefined };
    await fn(1, last);
    await fn();
    expect(calls[0]).toEqual([1, last]);
    expect(calls[0]![1]).toBe(last);
    expect(calls[1]).toEqual([]);
  });

  test("rejects a hit, too, when it has aborted, and changes nothing", async () => {
    const { fn, calls } = counted();
    await fn(1);
    const reason = new Error("gone");
    await expect(fn(1, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(fn(2, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(calls).toHaveLength(1);
    expect(fn).toHaveProperty("cache.size", 1);
    expect((fn as ReturnType<typeof memoize>).cache.stats()).toMatchObject({ hits: 0, misses: 1 });
  });

  test("rejects a hit, too, in a cancelled scope", async () => {
    const { fn } = counted();
    await fn();
    const scope = new CancelScope();
    scope.cancel("over");
    const call = scope.run(() => fn({ signal: explicit ? scope.signal : undefined }));
    await expect(call).rejects.toMatchObject({ reason: "over" });
  });
});

describe("memoize() with a cache of its caller's", () => {
  test("keeps its values there, by its keys", async () => {
    const cache = new AsyncLru<number, string>({ max: 2 });
    const load = memoize(async (id: number) => `user ${id}`, { cache, key: (id) => id });
    expect(load.cache).toBe(cache);
    expect([await load(1), cache.peek(1)]).toEqual(["user 1", "user 1"]);
    cache.set(1, "put");
    expect(await load(1)).toBe("put");
    await load(2);
    await load(3);
    expect([cache.size, cache.has(1)]).toEqual([2, false]);
  });

  test("may share it with another memoized function", async () => {
    const { cache } = memoize(async (_key: unknown) => "unused");
    const one = memoize(async (id: number) => `one ${id}`, { cache, key: (id) => `1/${id}` });
    const other = memoize(async (id: number) => `two ${id}`, { cache, key: (id) => `2/${id}` });
    expect([await one(1), await other(1), cache.size]).toEqual(["one 1", "two 1", 2]);
    cache.clear();
    expect(cache.size).toBe(0);
  });
});
