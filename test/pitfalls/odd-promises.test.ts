import { describe, expect, test } from "vitest";
import {
  any,
  cancellable,
  CancelScope,
  gather,
  limit,
  map,
  race,
  shield,
  taskGroup,
  timeout,
} from "corral";
import { guarded } from "./guarded-calls.ts";

class OddSpecies extends Promise<unknown> {
  static override get [Symbol.species](): PromiseConstructor {
    throw new Error("no species");
  }
}

/** A promise of the platform that carries something else under the name `then`. */
function carrying(then: (...args: ((value: unknown) => void)[]) => unknown): Promise<unknown> {
  const promise = Promise.resolve("own");
  // oxlint-disable-next-line unicorn/no-thenable -- what this is about
  return Object.assign(promise, { then });
}

/** Promises that are not what they seem; `await` takes each of them for "own" or for the error. */
const odd: [string, () => Promise<unknown>, string | Error][] = [
  [
    "that is of a subclass whose then() throws",
    () => new OddSpecies(() => {}),
    new Error("no species"),
  ],
  [
    "whose own then() calls back twice",
    () =>
      carrying((resolve) => {
        resolve("first");
        resolve("second");
      }),
    "own",
  ],
  [
    "whose own then() calls back both ways",
    () =>
      carrying((resolve, reject) => {
        resolve("value");
        reject(new Error("and error"));
      }),
    "own",
  ],
  [
    "whose own then() throws",
    () =>
      carrying(() => {
        throw new Error("then");
      }),
    "own",
  ],
  ["whose own then() never calls back", () => carrying(() => {}), "own"],
  [
    "whose constructor cannot be read",
    () =>
      Object.defineProperty(Promise.resolve("own"), "constructor", {
        get: () => {
          throw new Error("no constructor");
        },
      }),
    new Error("no constructor"),
  ],
];

/** Parts of the library that call a function of the user and wait for what it returns. */
const callers: Record<string, (fn: () => Promise<unknown>) => Promise<unknown>> = {
  "CancelScope.run()": (fn) => new CancelScope().run(fn),
  "timeout()": (fn) => timeout(60_000, fn),
  "shield()": (fn) => shield(fn, { timeoutMs: 60_000 }),
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
  "race()": (fn) => race([fn]),
  "map()": async (fn) => (await map([1], fn, { concurrency: 1 }))[0],
  "cancellable()": (fn) => cancellable(fn()),
  "cancellable() of a function": (fn) => cancellable(fn),
  "limit()": (fn) => limit(1)(fn),
  "limit().map()": async (fn) => (await limit(1).map([1], fn))[0],
  ...guarded,
};

describe.each(Object.entries(callers))("pitfall 18: %s takes a promise", (_, call) => {
  test.each(odd)("%s", async (__, make, outcome) => {
    const ended = call(make);
    if (typeof outcome === "string") expect(await ended).toBe(outcome);
    else await expect(ended).rejects.toThrow(outcome.message);
  });
});

describe("pitfall 18: a place of a limit is given back once, and the limit is kept, after a promise", () => {
  test.each(odd)("%s", async (_, make) => {
    const two = limit(2);
    let running = 0;
    let most = 0;
    const plain = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      await Promise.resolve();
      running--;
    };
    await Promise.allSettled([two(make), two(make), two(make), two(make)]);
    expect([two.active, two.pending]).toEqual([0, 0]);
    await Promise.all(Array.from({ length: 6 }, () => two(plain)));
    expect(most).toBe(2);
    expect([two.active, two.pending]).toEqual([0, 0]);
  });
});

test("pitfall 1: gather() waits for its other functions after a promise whose constructor cannot be read", async () => {
  let ended = false;
  const gathering = gather([
    async () => {
      for (let i = 0; i < 10; i++) await Promise.resolve();
      ended = true;
    },
    odd.at(-1)![1],
  ]);
  await expect(gathering).rejects.toThrow("no constructor");
  expect(ended).toBe(true);
});

describe("pitfall 18: any() goes past a promise", () => {
  test.each(odd.filter(([, , outcome]) => outcome instanceof Error))("%s", async (_, make) => {
    expect(await any([make, () => "other"])).toBe("other");
  });
});
