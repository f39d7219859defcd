import { describe, expect, test } from "vitest";
import {
  type CancelScope,
  type EachOptions,
  failuresOf,
  filter,
  forEach,
  map,
  mapStream,
  shield,
  sleep,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at, explicit } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { collect, Counted, kinds } from "./counted.ts";

type Items = Iterable<number> | AsyncIterable<number>;
type Fn = (item: number, index: number, scope: CancelScope) => unknown;
type Way = (items: Items, fn: Fn, options: EachOptions<number>) => Promise<unknown[] | void>;

const ways: readonly (readonly [string, Way])[] = [
  ["map()", map],
  ["forEach()", forEach],
  ["mapStream()", (...all) => collect(mapStream(...all))],
  [
    "mapStream() without order",
    (items, fn, options) => collect(mapStream(items, fn, { ...options, ordered: false })),
  ],
  [
    "filter()",
    (items, fn, options) =>
      collect(filter(items, async (...all) => (await fn(...all), true), options)),
  ],
];

const all = ways.flatMap(([name, way]) =>
  kinds.map(([kind, open]) => [name, kind, way, open] as const),
);

function messages(errors: readonly unknown[]): string[] {
  return errors.map((one) => (one as Error).message);
}

/** Fails for odd items. */
async function even(item: number, _index: number, scope: CancelScope): Promise<number> {
  await sleep(item === 0 ? 10 : 1, at(scope));
  if (item % 2 === 1) throw new Error(`item ${item}`);
  return item;
}

describe.each(all)("%s over %s", (name, _, way, open) => {
  const results = (values: unknown[]): unknown => (name === "forEach()" ? undefined : values);

  test('leaves failed items out with onError: "skip", and tells onSkip of each', async () => {
    await withVirtualClock(async () => {
      const source = new Counted(6);
      const skips: unknown[] = [];
      const outcome = await way(open(source), even, {
        concurrency: 2,
        onError: "skip",
        onSkip: (error, item, index) => skips.push([(error as Error).message, item, index]),
      });
      // 0 takes longest, and everything else one at a time beside it.
      const inOrder = !name.endsWith("without order");
      expect(outcome).toEqual(results(inOrder ? [0, 2, 4] : [2, 4, 0]));
      expect(skips).toEqual([1, 3, 5].map((n) => [`item ${n}`, n, n]));
    });
  });

  test("reports what is skipped where there is no onSkip", async () => {
    const reports = await reportsDuring(async () => {
      expect(
        await way(
          open(new Counted(2)),
          (item) => (item === 1 ? Promise.reject(new Error("no")) : item),
          {
            concurrency: 1,
            onError: "skip",
          },
        ),
      ).toEqual(results([0]));
    });
    // Notes go to the diagnostics channel alone.
    const text = `Item 1 of ${name.replace(/\(\).*/, "")} has failed and is left out: Error: no`;
    expect(reports).toEqual(explicit ? [] : [text]);
  });

  test("reports an onSkip that throws, sync and async, and goes on", async () => {
    let count = 0;
    const reports = await reportsDuring(async () => {
      const outcome = await way(open(new Counted(3)), () => Promise.reject(new Error("no")), {
        concurrency: 1,
        onError: "skip",
        onSkip: () => {
          if (count++ === 0) throw new Error("broken");
          return Promise.reject(new Error("broken, too"));
        },
      });
      expect(outcome).toEqual(results([]));
    });
    expect(reports).toEqual([
      "onSkip threw: Error: broken",
      "onSkip threw: Error: broken, too",
      "onSkip threw: Error: broken, too",
    ]);
  });

  test('tries all items with onError: "collect", and throws all failures in order of arrival', async () => {
    await withVirtualClock(async () => {
      const source = new Counted(6);
      const tried: number[] = [];
      const times = [1, 30, 1, 20, 1, 1];
      const failing = way(
        open(source),
        async (item, _index, scope) => {
          tried.push(item);
          await sleep(times[item]!, at(scope));
          if (item % 2 === 1) throw new Error(`item ${item}`);
        },
        { concurrency: 6, onError: "collect" },
      );
      const error: unknown = await failing.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(AggregateError);
      expect(messages((error as AggregateError).errors)).toEqual(["item 5", "item 3", "item 1"]);
      expect(messages(failuresOf(error))).toEqual(["item 5", "item 3", "item 1"]);
      expect(tried).toEqual([0, 1, 2, 3, 4, 5]);
      expect([source.taken, source.closed]).toEqual([6, 1]);
    });
  });

  test("pitfall 17: collects falsy failures as they are, each time", async () => {
    const failures = [undefined, null, 0, "", false, "text", undefined];
    const failing = way(open(new Counted(7)), (item) => Promise.reject(failures[item]), {
      concurrency: 1,
      onError: "collect",
    });
    const error = (await failing.catch((reason: unknown) => reason)) as AggregateError;
    expect(error.errors).toEqual(failures);
  });

  test("gives results as always with onError where nothing fails", async () => {
    for (const onError of ["cancel", "skip", "collect"] as const) {
      const outcome = await way(open(new Counted(3)), (item) => item, { concurrency: 2, onError });
      expect(outcome).toEqual(results([0, 1, 2]));
    }
  });

  test.each(["skip", "collect"] as const)(
    "does not take a cancellation for a failure with onError: %s",
    async (onError) => {
      await withVirtualClock(async (clock) => {
        const controller = new AbortController();
        const skips: unknown[] = [];
        const source = new Counted(6);
        let begun = 0;
        const call = way(
          open(source),
          (_item, _index, scope) => {
            begun++;
            return sleep(1_000, at(scope));
          },
          {
            concurrency: 2,
            onError,
            signal: controller.signal,
            onSkip: (error) => skips.push(error),
          },
        );
        void sleep(5).then(() => controller.abort("tired"));
        await expect(call).rejects.toBe("tired");
        expect([skips, begun, source.closed, clock.now()]).toEqual([[], 2, 1, 5]);
      });
    },
  );

  test("gives an item so long with itemTimeoutMs, and holds its place until it has ended", async () => {
    await withVirtualClock(async (clock) => {
      let running = 0;
      let most = 0;
      const scopes = new Set<CancelScope>();
      const skips: unknown[] = [];
      const outcome = await way(
        open(new Counted(4)),
        async (item, _index, scope) => {
          scopes.add(scope);
          most = Math.max(most, ++running);
          // Item 1 does not care that its time is over.
          const work =
            item === 1
              ? shield((inner) => sleep(50, at(inner)), { timeoutMs: 100 })
              : sleep(item === 2 ? 1_000 : 1, at(scope));
          await work.finally(() => running--);
          scope.throwIfCancelled();
          return item;
        },
        {
          concurrency: 1,
          itemTimeoutMs: 10,
          onError: "skip",
          onSkip: (error) => skips.push(error),
        },
      );
      expect(outcome).toEqual(results([0, 3]));
      expect([most, scopes.size]).toEqual([1, 4]);
      expect(skips).toHaveLength(2);
      for (const error of skips) expect(error).toBeInstanceOf(TimeoutError);
      expect((skips[1] as Error).message).toMatch(/^"item 2 of \w+" timed out after 10 ms$/);
      expect(clock.now()).toBe(62);
    });
  });

  test("fails with the TimeoutError of an item, and cancels the others", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(9);
      let cancelled = 0;
      const call = way(
        open(source),
        async (item, _index, scope) => {
          if (item === 1) await sleep(5, at(scope));
          await sleep(100, at(scope)).catch((error: unknown) => {
            if (!scope.expired) cancelled++;
            throw error;
          });
        },
        { concurrency: 2, itemTimeoutMs: 20 },
      );
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(20);
      expect([cancelled, source.closed]).toEqual([0, 1]);
    });
  });

  test.each([2 ** 31, Infinity])("takes %d ms for what it is", async (itemTimeoutMs) => {
    await withVirtualClock(async (clock) => {
      const outcome = await way(
        open(new Counted(1)),
        async (item, _index, scope) => {
          await sleep(2 ** 30, at(scope));
          return item;
        },
        { concurrency: 1, itemTimeoutMs },
      );
      expect([outcome, clock.now()]).toEqual([results([0]), 2 ** 30]);
    });
  });

  test("passes a cancellation on to calls with a scope of their own", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const call = way(open(new Counted(3)), (_item, _index, scope) => sleep(1_000, at(scope)), {
        concurrency: 2,
        itemTimeoutMs: 500,
        signal: controller.signal,
      });
      void sleep(5).then(() => controller.abort("tired"));
      await expect(call).rejects.toBe("tired");
      expect(clock.now()).toBe(5);
    });
  });
});

test("mapStream() gives all good results before it throws what it has collected, once", async () => {
  const stream = mapStream([1, 2, 3], (n) => (n === 2 ? Promise.reject(new Error("two")) : n), {
    concurrency: 1,
    onError: "collect",
  });
  const items: number[] = [];
  const reading = (async () => {
    for await (const item of stream) items.push(item);
  })();
  await expect(reading).rejects.toMatchObject({ errors: [new Error("two")] });
  expect(items).toEqual([1, 3]);
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test("mapStream() throws what it has collected when it is left before its end", async () => {
  const stream = mapStream([1, 2, 3, 4], (n) => (n === 1 ? Promise.reject(new Error("one")) : n), {
    concurrency: 1,
    onError: "collect",
  });
  const leave = async (): Promise<void> => {
    for await (const item of stream) if (item === 2) break;
  };
  await expect(leave()).rejects.toMatchObject({ errors: [new Error("one")] });
});

test("map() hands its results to onDiscard when it throws what it has collected", async () => {
  const dropped: number[] = [];
  const mapping = map([1, 2, 3], (n) => (n === 2 ? Promise.reject(new Error("two")) : n), {
    concurrency: 2,
    onError: "collect",
    onDiscard: (value) => dropped.push(value),
  });
  await expect(mapping).rejects.toBeInstanceOf(AggregateError);
  expect(dropped).toEqual([1, 3]);
});

test("map() hands no skipped item to onDiscard, and ends with a failing source", async () => {
  const dropped: unknown[] = [];
  const source = new Counted(9);
  source.failsAt = 3;
  const mapping = map(source.items(), (n) => (n === 1 ? Promise.reject(new Error("one")) : n), {
    concurrency: 1,
    onError: "skip",
    onSkip: () => {},
    onDiscard: (value) => dropped.push(value),
  });
  await expect(mapping).rejects.toBe(source.failure);
  expect(dropped).toEqual([0, 2]);
});

test.each([
  ["map()", map],
  ["mapStream()", ways[3]![1]],
] as const)(
  "%s cancels what runs when its source fails, also after it has collected",
  async (_, way) => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(9);
      source.failsAt = 3;
      const failure = new Error("one");
      const call = way(
        source.asyncItems(),
        async (n, _index, scope) => {
          await sleep([1_000, 1, 5][n]!, at(scope));
          if (n === 1) throw failure;
        },
        { concurrency: 3, onError: "collect" },
      );
      await expect(call).rejects.toMatchObject({ errors: [failure, source.failure] });
      expect(clock.now()).toBe(1);
    });
  },
);

test("map() collects a failure of its source with those of its items, and begins nothing more", async () => {
  const source = new Counted(9);
  source.failsAt = 2;
  const failure = new Error("same");
  source.failure = failure;
  const begun: number[] = [];
  const mapping = map(
    source.items(),
    (n) => {
      begun.push(n);
      return n === 0 ? Promise.reject(failure) : sleep(5);
    },
    { concurrency: 1, onError: "collect" },
  );
  await expect(mapping).rejects.toMatchObject({ errors: [failure] });
  expect(begun).toEqual([0, 1]);
});
