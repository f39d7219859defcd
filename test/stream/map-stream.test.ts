import { describe, expect, test } from "vitest";
import { CancelScope, mapStream, type MappedStream, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { turn } from "../support/turn.ts";
import { collect, Counted, kinds } from "./counted.ts";

const OVER = { value: undefined, done: true };

/** Waits for as many milliseconds as the item says, and gives it. */
async function wait(ms: number, _index: number, scope: CancelScope): Promise<number> {
  await sleep(ms, at(scope));
  return ms;
}

function both(items: readonly number[]): [string, Iterable<number> | AsyncIterable<number>][] {
  async function* asyncly(): AsyncGenerator<number> {
    yield* items;
  }
  return [
    ["an iterable", items],
    ["an async iterable", asyncly()],
  ];
}

test.each(both([30, 10, 20, 5]))("mapStream() over %s gives results in order", async (_, items) => {
  await withVirtualClock(async (clock) => {
    expect(await collect(mapStream(items, wait, { concurrency: 2 }))).toEqual([30, 10, 20, 5]);
    expect(clock.now()).toBe(50);
  });
});

test.each(both([30, 10, 20, 5]))(
  "mapStream() over %s gives results as they come with ordered: false",
  async (_, items) => {
    await withVirtualClock(async (clock) => {
      const results = mapStream(items, wait, { concurrency: 2, ordered: false });
      expect(await collect(results)).toEqual([10, 30, 20, 5]);
      expect(clock.now()).toBe(35);
    });
  },
);

test.each(both([40, 10, 10, 10, 10]))(
  "a buffer lets mapStream() over %s go on behind a slow item",
  async (_, items) => {
    await withVirtualClock(async (clock) => {
      const results = mapStream(items, wait, { concurrency: 2, buffer: 3 });
      expect(await collect(results)).toEqual([40, 10, 10, 10, 10]);
      expect(clock.now()).toBe(40);
    });
  },
);

describe.each(kinds)("mapStream() over %s", (_, open) => {
  test("gives each call its item, its index and the one scope", async () => {
    const seen: unknown[][] = [];
    const stream = mapStream(open(new Counted(3)), (...all) => seen.push(all), { concurrency: 2 });
    await collect(stream);
    expect(seen.map(([item, index]) => [item, index])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect(new Set(seen.map(([, , scope]) => scope)).size).toBe(1);
    expect(seen[0]![2]).toBeInstanceOf(CancelScope);
  });

  test("gives results as they are, sync ones and thenables as well", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    const thenable = { then: (resolve: (value: string) => void) => resolve("t") };
    const gives: unknown[] = [undefined, null, 0, "", false, Promise.resolve("p"), thenable];
    const stream = mapStream(open(new Counted(gives.length)), (i) => gives[i], { concurrency: 3 });
    expect(await collect(stream)).toEqual([undefined, null, 0, "", false, "p", "t"]);
  });

  test("reads nothing before it is asked", async () => {
    const source = new Counted(10);
    let calls = 0;
    await using stream = mapStream(open(source), () => ++calls, { concurrency: 2 });
    await turn();
    expect([source.taken, calls]).toEqual([0, 0]);
    await stream.next();
    await turn();
    expect([source.taken, calls]).toEqual([3, 3]);
  });

  test.each([
    [2, 0, true],
    [2, 0, false],
    [1, 0, true],
    [3, 4, true],
    [1, 2, false],
  ])(
    "pitfall 16: begins no more than concurrency %d + buffer %d ahead of a slow reader, ordered %s",
    async (concurrency, buffer, ordered) => {
      await withVirtualClock(async () => {
        const source = new Counted(1_000);
        let begun = 0;
        let running = 0;
        let asked = 0;
        let most = 0;
        let ahead = 0;
        const stream = mapStream(
          open(source),
          async (item, _index, scope) => {
            ahead = Math.max(ahead, ++begun - asked);
            most = Math.max(most, ++running);
            await sleep((item * 7) % 4, at(scope));
            running--;
            return item;
          },
          { concurrency, buffer, ordered },
        );
        for (asked = 1; asked <= 3; asked++) {
          await stream.next();
          await sleep(20);
          expect([begun, source.taken]).toEqual(Array(2).fill(asked + concurrency + buffer));
        }
        await stream.return();
        expect(begun).toBe(3 + concurrency + buffer);
        expect([most, ahead, source.closed]).toEqual([concurrency, concurrency + buffer, 1]);
      });
    },
  );

  test("runs all at once with Infinity", async () => {
    await withVirtualClock(async (clock) => {
      const stream = mapStream(
        open(new Counted(50)),
        async (item, _index, scope) => {
          await sleep(10, at(scope));
          return item;
        },
        { concurrency: Infinity },
      );
      expect(await collect(stream)).toHaveLength(50);
      expect(clock.now()).toBe(10);
    });
  });

  test.each([true, false])(
    "answers several calls of next() in their order, ordered %s",
    async (ordered) => {
      await withVirtualClock(async () => {
        const stream = mapStream(
          open(new Counted(3)),
          async (item, _index, scope) => {
            await sleep(10 * (item + 1), at(scope));
            return item;
          },
          { concurrency: 2, ordered },
        );
        const log: unknown[] = [];
        const calls = ["a", "b", "c", "d", "e"].map(async (name) => {
          const { value, done } = await stream.next();
          log.push(name, done === true ? "over" : value);
        });
        await Promise.all(calls);
        expect(log).toEqual(["a", 0, "b", 1, "c", 2, "d", "over", "e", "over"]);
      });
    },
  );

  test("is over when all is read, and stays so", async () => {
    const source = new Counted(2);
    const stream = mapStream(open(source), (item) => item, { concurrency: 5 });
    expect(await collect(stream)).toEqual([0, 1]);
    expect(await stream.next()).toEqual(OVER);
    expect(await stream.return()).toEqual(OVER);
    await stream[Symbol.asyncDispose]();
    expect(await collect(stream)).toEqual([]);
    expect(source.closed).toBe(1);
  });

  test("gives nothing for no items, and calls nothing", async () => {
    let called = false;
    const stream = mapStream(open(new Counted(0)), () => (called = true), { concurrency: 2 });
    expect([await collect(stream), called]).toEqual([[], false]);
  });

  test("does not cancel the scope of calls that have all ended", async () => {
    const scopes: CancelScope[] = [];
    const stream = mapStream(open(new Counted(2)), (_i, _n, scope) => scopes.push(scope), {
      concurrency: 2,
    });
    await collect(stream);
    expect(scopes.map((scope) => [scope.cancelled, scope.signal.aborted])).toEqual([
      [false, false],
      [false, false],
    ]);
  });

  test("pitfall 14: takes 100 000 items in linear time, without starving the event loop", async () => {
    let turns = 0;
    let count = 0;
    let over = false;
    const ticking = (async () => {
      for (; !over; turns++) await turn();
    })();
    const options = { concurrency: 100, buffer: 100 };
    for await (const item of mapStream(open(new Counted(100_000)), (i) => i, options)) {
      if (item !== count++) throw new Error(`item ${item} in the place of ${count - 1}`);
    }
    over = true;
    await ticking;
    expect(count).toBe(100_000);
    expect(turns).toBeGreaterThan(10);
  });
});

function same(item: number): number {
  return item;
}

describe("mapStream() throws", () => {
  test.each([
    ["concurrency", {}, TypeError],
    ["concurrency", { concurrency: "2" }, TypeError],
    ["concurrency", { concurrency: 0 }, RangeError],
    ["concurrency", { concurrency: 1.5 }, RangeError],
    ["concurrency", { concurrency: Number.NaN }, RangeError],
    ["buffer", { concurrency: 1, buffer: -1 }, RangeError],
    ["buffer", { concurrency: 1, buffer: "1" }, TypeError],
    ["ordered", { concurrency: 1, ordered: 1 }, TypeError],
    ["itemTimeoutMs", { concurrency: 1, itemTimeoutMs: "1" }, TypeError],
    ["itemTimeoutMs", { concurrency: 1, itemTimeoutMs: Number.NaN }, RangeError],
    ["onError", { concurrency: 1, onError: "ignore" }, TypeError],
    ["onSkip", { concurrency: 1, onSkip: 1 }, TypeError],
    ["onDiscard", { concurrency: 1, onDiscard: {} }, TypeError],
    ["signal", { concurrency: 1, signal: {} }, TypeError],
    ["options", undefined, TypeError],
    ["options", null, TypeError],
    ["options", new AbortController().signal, TypeError],
  ])("at once for a wrong %s: %o", (name, options, error) => {
    let opened = false;
    const items = {
      [Symbol.iterator]: () => {
        opened = true;
        return [1][Symbol.iterator]();
      },
    };
    const make = (): unknown => mapStream(items, same, options as never);
    expect(make).toThrow(error);
    // Without options it is the concurrency that is missing.
    const what = options === undefined ? "concurrency" : name;
    expect(make).toThrow(new RegExp(`^Cannot .+: "${what}" must be`));
    expect(opened).toBe(false);
  });

  test.each([5, null, undefined, {}, { length: 1, 0: "a" }])(
    "a TypeError for items that are %o",
    (items) => {
      expect(() => mapStream(items as never, same, { concurrency: 1 })).toThrow(
        /^Cannot map a stream: "items" must be an iterable or an async iterable/,
      );
    },
  );

  test("a TypeError for a promise in place of its function", () => {
    expect(() => mapStream([1], Promise.resolve() as never, { concurrency: 1 })).toThrow(
      /^Cannot map a stream: "fn" must be a function/,
    );
  });
});

test("a string is an iterable of its characters", async () => {
  const stream: MappedStream<string> = mapStream("abc", (c) => c.toUpperCase(), { concurrency: 2 });
  expect(await collect(stream)).toEqual(["A", "B", "C"]);
});
