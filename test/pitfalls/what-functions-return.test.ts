import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { any, gather, limit, main, map, race, taskGroup } from "corral";
import { guarded } from "./guarded-calls.ts";

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

/** Parts of the library that call a function of the user: at once, and after a wait. */
const callers: Record<string, (fn: () => unknown) => Promise<unknown>> = {
  "taskGroup()": (fn) => taskGroup(fn),
  "spawn()": (fn) => taskGroup(async (group) => group.spawn(fn)),
  "spawn(), queued": (fn) =>
    taskGroup(
      async (group) => {
        group.spawn(async () => {});
        return group.spawn(fn);
      },
      { concurrency: 1 },
    ),
  "start()": (fn) =>
    taskGroup(async (group) => {
      const { task } = await group.start((started) => {
        started();
        return fn();
      });
      return task;
    }),
  "gather()": async (fn) => (await gather([fn]))[0],
  "gather(), later": async (fn) => (await gather([async () => {}, fn], { concurrency: 1 }))[1],
  "race()": (fn) => race([fn]),
  "limit()": (fn) => limit(1)(fn),
  "limit(), queued": (fn) => {
    const one = limit(1);
    void one(async () => {});
    return one(fn);
  },
  "limit().map()": async (fn) => (await limit(1).map([1], fn))[0],
  "map()": async (fn) => (await map([1], fn, { concurrency: 1 }))[0],
  "map(), later": async (fn) =>
    (await map([1, 2], (item) => (item === 1 ? undefined : fn()), { concurrency: 1 }))[1],
  "map() over an async iterable": async (fn) =>
    (await map(asyncly([1]), fn, { concurrency: 1 }))[0],
  ...guarded,
};

/** A promise that is none of this realm's, and a value that only looks like one. */
const thenable = (
  settle: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void,
): object =>
  // oxlint-disable-next-line unicorn/no-thenable -- what this is about
  ({ then: settle });

describe.each(Object.entries(callers))("pitfall 18: %s takes a function that", (_, call) => {
  test("returns a value at once", async () => {
    expect(await call(() => "value")).toBe("value");
  });

  test("returns undefined", async () => {
    expect(await call(() => undefined)).toBeUndefined();
    expect(await call(async () => {})).toBeUndefined();
  });

  test("throws at once", async () => {
    const error = new Error("at once");
    await expect(
      call(() => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  test("returns a thenable that resolves", async () => {
    expect(await call(() => thenable((resolve) => resolve("value")))).toBe("value");
  });

  test("returns a thenable that rejects, or throws", async () => {
    const error = new Error("thenable");
    await expect(call(() => thenable((_resolve, reject) => reject(error)))).rejects.toBe(error);
    await expect(
      call(() =>
        thenable(() => {
          throw error;
        }),
      ),
    ).rejects.toBe(error);
  });

  test("returns a promise of another realm", async () => {
    expect(await call(() => runInNewContext('Promise.resolve("value")'))).toBe("value");
    await expect(call(() => runInNewContext('Promise.reject("no")'))).rejects.toBe("no");
  });
});

test("pitfall 18: any() and main() take functions that return at once, throw at once, or return thenables", async () => {
  expect(
    await any([
      () => {
        throw new Error("no");
      },
      () => thenable((resolve) => resolve("value")),
    ]),
  ).toBe("value");
  expect(await main(() => thenable((resolve) => resolve("value")))).toBe("value");
});
