import { describe, expect, test } from "vitest";
import { CancelScope, failuresOf, map, type MapOptions, shield, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** Both kinds of source. */
const sources = [
  ["an iterable", <T>(items: Iterable<T>): Iterable<T> | AsyncIterable<T> => items],
  ["an async iterable", <T>(items: Iterable<T>): Iterable<T> | AsyncIterable<T> => asyncly(items)],
] as const;

describe.each(sources)("map() over %s", (_, source) => {
  test("gives the results in the order of the items", async () => {
    await withVirtualClock(async (clock) => {
      const results = await map(
        source([30, 10, 20]),
        async (ms, index, scope) => {
          await sleep(ms, at(scope));
          return `${index}: ${ms}`;
        },
        { concurrency: 3 },
      );
      expect(results).toEqual(["0: 30", "1: 10", "2: 20"]);
      expect(clock.now()).toBe(30);
    });
  });

  test("runs at most `concurrency` calls, begun in the order of the items", async () => {
    await withVirtualClock(async () => {
      const order: number[] = [];
      let running = 0;
      let most = 0;
      await map(
        source(Array.from({ length: 20 }, (_unused, i) => i)),
        async (item, _index, scope) => {
          order.push(item);
          most = Math.max(most, ++running);
          await sleep((item * 7) % 5, at(scope));
          running--;
        },
        { concurrency: 3 },
      );
      expect(order).toEqual(Array.from({ length: 20 }, (_unused, i) => i));
      expect(most).toBe(3);
    });
  });

  test("lets others go on while it begins very many, with Infinity", async () => {
    let others = 0;
    let heard = 0;
    const other = setInterval(() => others++, 0);
    const items = source(Array.from({ length: 100_000 }).keys());
    try {
      await map(items, () => void (heard = others), { concurrency: Infinity });
    } finally {
      clearInterval(other);
    }
    expect(heard).toBeGreaterThan(0);
  });

  test("runs all at once with Infinity", async () => {
    await withVirtualClock(async (clock) => {
      await map(source([10, 20, 30]), (ms, _index, scope) => sleep(ms, at(scope)), {
        concurrency: Infinity,
      });
      expect(clock.now()).toBe(30);
    });
  });

  test("gives each call the one scope", async () => {
    const scopes = new Set<CancelScope>();
    await map(source([1, 2, 3]), (_item, _index, scope) => scopes.add(scope), { concurrency: 2 });
    expect(scopes.size).toBe(1);
    expect([...scopes][0]).toBeInstanceOf(CancelScope);
  });

  test("gives an empty array for no items, and calls nothing", async () => {
    let called = false;
    const results = await map(
      source([]),
      () => {
        called = true;
      },
      { concurrency: 2 },
    );
    expect(results).toEqual([]);
    expect(called).toBe(false);
  });

  test("keeps undefined results in their places", async () => {
    const results = await map(source([1, 2, 3]), () => undefined, { concurrency: 2 });
    expect(results).toHaveLength(3);
    expect(Object.keys(results)).toEqual(["0", "1", "2"]);
  });

  test("throws the first failure as it is, when the others have been cancelled and have ended", async () => {
    await withVirtualClock(async (clock) => {
      const error = new Error("item 1");
      const log: string[] = [];
      const mapping = map(
        source([0, 1, 2, 3]),
        async (item, _index, scope) => {
          log.push(`begins ${item}`);
          if (item === 1) {
            await sleep(5, at(scope));
            throw error;
          }
          try {
            await sleep(1_000, at(scope));
          } finally {
            await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
            log.push(`ends ${item}`);
          }
        },
        { concurrency: 2 },
      );
      await expect(mapping).rejects.toBe(error);
      expect(log).toEqual(["begins 0", "begins 1", "ends 0"]);
      expect(clock.now()).toBe(25);
    });
  });

  test("throws a failure at once as it is, and begins no further item", async () => {
    const begun: number[] = [];
    const error = new Error("at once");
    const mapping = map(
      source([0, 1, 2, 3, 4]),
      (item) => {
        begun.push(item);
        throw error;
      },
      { concurrency: 2 },
    );
    await expect(mapping).rejects.toBe(error);
    expect(begun).not.toContain(3);
  });

  test("keeps later failures in failuresOf()", async () => {
    const first = new Error("first");
    const second = new Error("second");
    const mapping = map(
      source([0, 1]),
      async (item, _index, scope) => {
        if (item === 1) throw first;
        await sleep(1_000, at(scope)).catch(() => {});
        throw second;
      },
      { concurrency: 2 },
    );
    await mapping.catch(() => {});
    expect(failuresOf(first)).toEqual([first, second]);
  });

  ambientTest("makes its scope the current one of each call (needs ambient scopes)", async () => {
    await map(
      source([1, 2, 3]),
      async (_item, _index, scope) => {
        expect(CancelScope.current).toBe(scope);
        await sleep(0);
        expect(CancelScope.current).toBe(scope);
      },
      { concurrency: 1 },
    );
  });
});

describe("map()", () => {
  test("takes sets, maps, strings and generators", async () => {
    const one = { concurrency: 1 };
    expect(await map(new Set([1, 2]), (n) => n * 2, one)).toEqual([2, 4]);
    expect(await map(new Map([["a", 1]]), ([key, n]) => key + n, one)).toEqual(["a1"]);
    expect(await map("ab", (letter) => letter.toUpperCase(), one)).toEqual(["A", "B"]);
  });

  test("prefers the async iterator of what has both", async () => {
    const both = {
      *[Symbol.iterator](): Generator<string> {
        yield "sync";
      },
      async *[Symbol.asyncIterator](): AsyncGenerator<string> {
        yield "async";
      },
    };
    expect(await map(both, (kind) => kind, { concurrency: 1 })).toEqual(["async"]);
  });

  test("waits for promises among the items of no sync source: they reach the function", async () => {
    const results = await map([Promise.resolve(1)], async (item) => item, { concurrency: 1 });
    expect(results).toEqual([1]);
  });

  test.each([
    [{}, TypeError],
    [undefined, TypeError],
    [null, TypeError],
    [{ concurrency: "2" }, TypeError],
    [{ concurrency: 0 }, RangeError],
    [{ concurrency: -1 }, RangeError],
    [{ concurrency: 1.5 }, RangeError],
    [{ concurrency: NaN }, RangeError],
    [{ concurrency: 1, signal: {} }, TypeError],
  ])("refuses the options %o, and reads nothing", async (options, kind) => {
    let read = false;
    function* items(): Generator<number> {
      read = true;
      yield 1;
    }
    await expect(map(items(), () => {}, options as MapOptions)).rejects.toThrow(kind);
    expect(read).toBe(false);
  });

  test("refuses what is no function, and what is no iterable", async () => {
    const one = { concurrency: 1 };
    await expect(map([1], Promise.resolve() as never, one)).rejects.toThrow(/already started/);
    await expect(map(5 as never, () => {}, one)).rejects.toThrow(TypeError);
    await expect(map(null as never, () => {}, one)).rejects.toThrow(TypeError);
    await expect(map({} as never, () => {}, one)).rejects.toThrow(TypeError);
  });
});
