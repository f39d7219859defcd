import { describe, expect, test } from "vitest";
import { CancelScope, completed, shield, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { at, explicit } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect } from "./counted.ts";

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

const kinds = [
  ["an iterable", <T>(items: Iterable<T>): Iterable<T> | AsyncIterable<T> => items],
  ["an async iterable", <T>(items: Iterable<T>): Iterable<T> | AsyncIterable<T> => asyncly(items)],
] as const;

function job<T>(ms: number, value: T): (scope: CancelScope) => Promise<T> {
  return async (scope) => {
    await sleep(ms, at(scope));
    return value;
  };
}

describe.each(kinds)("completed() over %s of functions", (_, source) => {
  test("gives how each has ended in the order in which they do", async () => {
    await withVirtualClock(async () => {
      const failure = new Error("b");
      const work = [
        job(30, "a"),
        (scope: CancelScope) => sleep(10, at(scope)).then(() => Promise.reject<string>(failure)),
        job(20, "c"),
        () => "sync",
        () => {
          // oxlint-disable-next-line typescript/only-throw-error -- that is what is tested
          throw "text";
        },
      ];
      expect(await collect(completed(source(work), { concurrency: 5 }))).toEqual([
        { index: 3, status: "fulfilled", value: "sync" },
        { index: 4, status: "rejected", reason: "text" },
        { index: 1, status: "rejected", reason: failure },
        { index: 2, status: "fulfilled", value: "c" },
        { index: 0, status: "fulfilled", value: "a" },
      ]);
    });
  });

  test("pitfall 17: gives falsy failures as they are", async () => {
    for (const reason of [undefined, null, 0, "", false]) {
      const work = [() => Promise.reject<number>(reason)];
      const [completion] = await collect(completed(source(work), { concurrency: 1 }));
      expect(completion).toEqual({ index: 0, status: "rejected", reason });
    }
  });

  test("begins them in their order, so many at a time, and each with a scope", async () => {
    await withVirtualClock(async (clock) => {
      const begun: number[] = [];
      const work = [0, 1, 2, 3].map((n) => (scope: CancelScope) => {
        expect(scope).toBeInstanceOf(CancelScope);
        begun.push(n);
        return sleep(10, at(scope));
      });
      const stream = completed(source(work), { concurrency: 2 });
      await turn();
      expect(begun).toEqual([]);
      await stream.next();
      expect([begun.length <= 3, clock.now()]).toEqual([true, 10]);
      expect((await collect(stream)).map(({ index }) => index)).toEqual([1, 2, 3]);
      expect([begun, clock.now()]).toEqual([[0, 1, 2, 3], 20]);
    });
  });

  test("cancels and awaits what runs when the loop is left, and drops what was not read", async () => {
    await withVirtualClock(async (clock) => {
      const dropped: unknown[] = [];
      const log: string[] = [];
      const work = [
        job(10, "first"),
        job(12, "unread"),
        async (scope: CancelScope) => {
          try {
            await sleep(1_000, at(scope));
          } finally {
            await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
            log.push("cleaned up");
          }
          return "never";
        },
        (scope: CancelScope) =>
          sleep(11, at(scope)).then(() => Promise.reject<string>(new Error("unread"))),
      ];
      const reports = await reportsDuring(async () => {
        const options = { concurrency: 4, onDiscard: (value: string) => dropped.push(value) };
        for await (const { index } of completed(source(work), options)) {
          await sleep(5);
          expect(index).toBe(0);
          break;
        }
      });
      expect([dropped, log, clock.now()]).toEqual([["unread"], ["cleaned up"], 35]);
      const text = "Item 3 of completed has failed, and nobody has read it: Error: unread";
      expect(reports).toEqual(explicit ? [] : [text]);
    });
  });

  test("is cancelled by its signal, which is no failure of an item", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const stream = completed(source([job(10, "a"), job(1_000, "b")]), {
        concurrency: 2,
        signal: controller.signal,
      });
      expect(await stream.next()).toMatchObject({ value: { index: 0, status: "fulfilled" } });
      const next = stream.next();
      await sleep(5);
      controller.abort("tired");
      await expect(next).rejects.toBe("tired");
    });
  });

  test("fails on what is neither a function nor a promise", async () => {
    const work = [job(0, 1), 5 as never];
    await expect(collect(completed(source(work), { concurrency: 1 }))).rejects.toThrow(
      /^Cannot wait for completions: each of "items" must be a function or a promise, received 5$/,
    );
  });
});

describe("completed() over promises", () => {
  test("gives how each has ended in the order in which they do, and takes functions beside them", async () => {
    await withVirtualClock(async () => {
      const work = [
        sleep(30).then(() => "a"),
        sleep(10).then(() => Promise.reject<string>(new Error("b"))),
        job(20, "c"),
        // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
        { then: (resolve: (value: string) => void) => resolve("thenable") } as PromiseLike<string>,
      ];
      const completions = await collect(completed(work, { concurrency: Infinity }));
      expect(completions.map(({ index, status }) => [index, status])).toEqual([
        [3, "fulfilled"],
        [1, "rejected"],
        [2, "fulfilled"],
        [0, "fulfilled"],
      ]);
    });
  });

  test.each([
    ["an array", (all: Promise<number>[]) => all],
    ["a set", (all: Promise<number>[]) => new Set(all)],
  ])("in %s handles all from the start, read or not", async (_, make) => {
    const unhandled = await unhandledDuring(async () => {
      const all = Array.from({ length: 5 }, (_unused, i) =>
        Promise.reject<number>(new Error(`${i}`)),
      );
      const stream = completed(make(all), { concurrency: 1 });
      await turn();
      expect(await stream.next()).toMatchObject({ value: { index: 0, status: "rejected" } });
      await stream.return();
      completed(make(all.map((p) => p.finally(() => {}))), { concurrency: 1 });
      await turn();
    });
    expect(unhandled).toEqual([]);
  });

  test("leaves them to themselves when the loop is left, and hands over what comes too late", async () => {
    const dropped: unknown[] = [];
    const never = deferred<string>();
    const late = new Promise<string>(
      (_resolve, reject) => void setImmediate(() => setImmediate(reject, "late")),
    );
    const unhandled = await unhandledDuring(async () => {
      const work = [Promise.resolve("first"), never.promise, late];
      const options = { concurrency: 3, onDiscard: (value: string) => dropped.push(value) };
      for await (const { index } of completed(work, options)) if (index === 0) break;
      never.resolve("late");
      await turn();
    });
    expect([dropped, unhandled]).toEqual([["late"], []]);
  });
});

test.each<[string, unknown[]]>([
  ["options", [[], null]],
  ["concurrency", [[], {}]],
  ["concurrency", [[]]],
  ["items", [5, { concurrency: 1 }]],
  ["items", [{ length: 0 }, { concurrency: 1 }]],
  ["onDiscard", [[], { concurrency: 1, onDiscard: 5 }]],
  ["signal", [[], { concurrency: 1, signal: 5 }]],
])("completed() throws a TypeError for a wrong %s", (name, all) => {
  const call = (): unknown => (completed as (...all: unknown[]) => unknown)(...all);
  expect(call).toThrow(new RegExp(`^Cannot .+: "${name}" must be`));
  expect(call).toThrow(TypeError);
});
