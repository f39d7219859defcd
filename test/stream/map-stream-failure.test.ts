import { describe, expect, test } from "vitest";
import {
  CancelScope,
  failuresOf,
  mapStream,
  type MappedStream,
  shield,
  sleep,
  timeout,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { Counted, kinds } from "./counted.ts";

const OVER = { value: undefined, done: true };

/** Reads until it fails: the items, and what it has failed with, in an object. */
async function read<T>(stream: MappedStream<T>): Promise<{ items: T[]; error?: unknown }> {
  const items: T[] = [];
  try {
    for await (const item of stream) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return { items };
}

function notThree(item: number): number {
  if (item === 3) throw new Error("three");
  return item;
}

describe.each(kinds)("a call that fails in mapStream() of %s", (_, open) => {
  test("ends it when the other calls have ended and the source is closed", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(100);
      const failure = new Error("three");
      const log: string[] = [];
      const stream = mapStream(
        open(source),
        async (item, _index, scope) => {
          log.push(`begins ${item}`);
          await sleep(10, at(scope));
          if (item === 3) throw failure;
          try {
            await sleep(item === 4 ? 1_000 : 0, at(scope));
          } finally {
            await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
            log.push(`ends ${item}`);
          }
          return item;
        },
        { concurrency: 2 },
      );
      const { items, error } = await read(stream);
      expect(items).toEqual([0, 1, 2].slice(0, items.length));
      expect(error).toBe(failure);
      expect(source.closed).toBe(1);
      expect(source.taken).toBeLessThanOrEqual(5);
      const begun = log.filter((line) => line.startsWith("begins")).length;
      expect(log.filter((line) => line.startsWith("ends"))).toHaveLength(begun - 1);
      const end = clock.now();
      await sleep(100);
      expect([log.filter((line) => line.startsWith("begins")).length, end]).toEqual([begun, end]);
      expect(await stream.next()).toEqual(OVER);
      await stream.return();
    });
  });

  test("pitfall 15: closes the source after few items", async () => {
    const source = new Counted(100);
    const { items, error } = await read(mapStream(open(source), notThree, { concurrency: 2 }));
    expect([items, source.closed]).toEqual([[0, 1, 2], 1]);
    expect(source.taken).toBeLessThanOrEqual(5);
    expect((error as Error).message).toBe("three");
  });

  test.each([true, false])(
    "lets what was ready be read first, and drops what was not: ordered %s",
    async (ordered) => {
      await withVirtualClock(async () => {
        const dropped: number[] = [];
        const failure = new Error("four");
        // 0 is taken; 1 and 3 are done, 2 is under way, and 4 fails; 5 returns in spite of that.
        const times = [0, 1, 100, 2, 10, 20];
        const stream = mapStream(
          open(new Counted(6)),
          async (item, _index, scope) => {
            const waiting = sleep(times[item]!, at(scope));
            await (item === 5 ? waiting.catch(() => {}) : waiting);
            if (item === 4) throw failure;
            return item;
          },
          { concurrency: 5, ordered, onDiscard: (value) => dropped.push(value) },
        );
        expect((await stream.next()).value).toBe(0);
        await sleep(50);
        const { items, error } = await read(stream);
        expect(error).toBe(failure);
        expect(items).toEqual(ordered ? [1] : [1, 3]);
        expect(dropped.toSorted((a, b) => a - b)).toEqual(ordered ? [3, 5] : [5]);
      });
    },
  );

  test.each([new Error("broken"), "text", 0, "", false, null, undefined, Number.NaN, {}])(
    "pitfall 17: gives the reader its failure as it is: %o",
    async (failure: unknown) => {
      for (const fn of [
        () => {
          throw failure;
        },
        () => Promise.reject(failure),
        // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
        () => ({ then: (_resolve: unknown, reject: (error: unknown) => void) => reject(failure) }),
      ]) {
        for (const ordered of [true, false]) {
          const result = await read(
            mapStream(open(new Counted(3)), fn, { concurrency: 2, ordered }),
          );
          expect(result).toEqual({ items: [], error: failure });
          expect(Object.is(result.error, failure)).toBe(true);
        }
      }
    },
  );

  test("is told to the first of those who read, and the others are told of the end", async () => {
    const failure = new Error("no");
    const stream = mapStream(open(new Counted(3)), () => Promise.reject(failure), {
      concurrency: 2,
    });
    const outcomes = await Promise.all(
      [1, 2, 3].map(() => stream.next().catch((error: unknown) => error)),
    );
    expect(outcomes).toEqual([failure, OVER, OVER]);
  });

  test("waits for a reader who comes later, and is not reported", async () => {
    const failure = new Error("one");
    const reports = await reportsDuring(async () => {
      const fn = (item: number): number => {
        if (item === 1) throw failure;
        return item;
      };
      const stream = mapStream(open(new Counted(9)), fn, { concurrency: 3 });
      expect((await stream.next()).value).toBe(0);
      await turn();
      await expect(stream.next()).rejects.toBe(failure);
    });
    expect(reports).toEqual([]);
  });

  test("is told by return() where nobody was told before, once", async () => {
    const failure = new Error("one");
    const fn = (item: number): number => {
      if (item === 1) throw failure;
      return item;
    };
    const stream = mapStream(open(new Counted(9)), fn, { concurrency: 3 });
    expect((await stream.next()).value).toBe(0);
    await turn();
    await expect(stream.return()).rejects.toBe(failure);
    await stream.return();
    expect(await stream.next()).toEqual(OVER);
  });

  test("is an unhandled rejection where nobody listens to who is told", async () => {
    const failure = new Error("no");
    const unhandled = await unhandledDuring(async () => {
      void mapStream(open(new Counted(3)), () => Promise.reject(failure), {
        concurrency: 2,
      }).next();
      await turn();
    });
    expect(unhandled).toEqual([failure]);
  });

  test("pitfalls 9 and 10: keeps what else fails while it winds up: nothing is unhandled", async () => {
    const errors = ["first", "second", "third"].map((text) => new Error(text));
    const source = new Counted(100);
    const cleanup = new Error("cleanup");
    source.cleanup = { error: cleanup };
    let outcome: unknown;
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async () => {
        const stream = mapStream(
          open(source),
          async (item, _index, scope) => {
            await sleep(item + 1, at(scope)).catch(() => {});
            throw errors[item]!;
          },
          { concurrency: 3 },
        );
        outcome = (await read(stream)).error;
      }),
    );
    expect(outcome).toBe(errors[0]);
    expect(failuresOf(outcome)).toEqual([...errors, cleanup]);
    expect(unhandled).toEqual([]);
  });

  test("is not hidden by a cancellation in the same moment", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const failure = new Error("cleanup");
      const stream = mapStream(
        open(new Counted(9)),
        (_item, _index, scope) => sleep(100, at(scope)).catch(() => Promise.reject(failure)),
        { concurrency: 1, signal: controller.signal },
      );
      const next = stream.next();
      await sleep(5);
      controller.abort("tired");
      await expect(next).rejects.toBe(failure);
    });
  });

  test("closes a source whose return() never comes back for 5 s, and reports it", async () => {
    await withVirtualClock(async (clock) => {
      const failure = new Error("no");
      const items = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ value: 1, done: false }),
          return: () => new Promise<never>(() => {}),
        }),
      };
      let outcome: unknown;
      const reports = await reportsDuring(async () => {
        outcome = (await read(mapStream(items, () => Promise.reject(failure), { concurrency: 1 })))
          .error;
      });
      expect([outcome, clock.now()]).toEqual([failure, 5_000]);
      expect(reports.filter((line) => line.includes("was not closed within"))).toHaveLength(1);
    });
  });
});

describe.each(kinds)("a source that fails in mapStream() of %s", (_, open) => {
  test.each(["cancel", "skip", "collect"] as const)("ends it with onError: %s", async (onError) => {
    await withVirtualClock(async () => {
      const source = new Counted(9);
      source.failsAt = 3;
      let cancelled = 0;
      const stream = mapStream(
        open(source),
        async (item, _index, scope) => {
          await sleep(item === 2 ? 1_000 : 1, at(scope)).catch((error: unknown) => {
            cancelled++;
            throw error;
          });
          return item;
        },
        { concurrency: 2, onError },
      );
      const { items, error } = await read(stream);
      expect(items).toEqual([0, 1]);
      expect(failuresOf(error)).toEqual([source.failure]);
      expect(onError === "collect" ? (error as AggregateError).errors : [error]).toEqual([
        source.failure,
      ]);
      expect([cancelled, source.closed]).toEqual([1, 1]);
    });
  });

  test.each(["", 0, undefined, null])(
    "gives the reader its failure as it is: %o",
    async (failure) => {
      const source = new Counted(9);
      source.failsAt = 0;
      source.failure = failure;
      expect(await read(mapStream(open(source), (i) => i, { concurrency: 2 }))).toEqual({
        items: [],
        error: failure,
      });
    },
  );
});

test.each([
  ["no object", () => undefined],
  [
    "one that cannot be read",
    () => ({
      get done(): boolean {
        throw new TypeError("unreadable");
      },
    }),
  ],
])("mapStream() fails on an iterator result that is %s", async (_, result) => {
  const async = { [Symbol.asyncIterator]: () => ({ next: async () => result() }) };
  const sync = { [Symbol.iterator]: () => ({ next: () => result() }) };
  for (const source of [async, sync]) {
    const { error } = await read(mapStream(source as never, () => 1, { concurrency: 2 }));
    expect(error).toBeInstanceOf(TypeError);
  }
});

ambientTest(
  "a failure that finds no reader any more is told to the next one (needs ambient scopes)",
  async () => {
    await withVirtualClock(async () => {
      const failure = new Error("late");
      const stream = mapStream(
        [1],
        (_item, _index, scope) => sleep(20, at(scope)).then(() => Promise.reject(failure)),
        {
          concurrency: 1,
        },
      );
      await timeout(10, () => stream.next()).catch(() => {});
      await sleep(20);
      await expect(stream.next()).rejects.toBe(failure);
      expect(await stream.next()).toEqual(OVER);
    });
  },
);

ambientTest(
  "a failure whose reader is cancelled in the same moment is told or reported (needs ambient scopes)",
  async () => {
    for (let microtasks = 0; microtasks < 25; microtasks++) {
      const failure = new Error("lost");
      let told: unknown;
      const reports = await reportsDuring(async () => {
        const gate = deferred<never>();
        const stream = mapStream([1], () => gate.promise, { concurrency: 1 });
        const reader = new CancelScope();
        const reading = reader.run(() => stream.next()).catch((error: unknown) => (told = error));
        await turn();
        gate.reject(failure);
        for (let i = 0; i < microtasks; i++) await Promise.resolve();
        reader.cancel("gone");
        await reading;
        await turn();
        if (told !== failure) await expect(stream.next()).rejects.toBe(failure);
      });
      expect(reports).toEqual(told === failure ? [] : reports.slice(0, 1));
    }
  },
);
