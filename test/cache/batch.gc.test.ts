import { AsyncLocalStorage } from "node:async_hooks";
import { getEventListeners } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { batch, type Batched, CancelScope } from "corral";
import { Home } from "../../src/cache/home.ts";
import { deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";
import { leastLeft } from "../support/heap.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are still there, after some turns and collections. */
async function kept(refs: readonly WeakRef<object>[]): Promise<number> {
  for (let i = 0; i < 12 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

interface Key {
  readonly id: number;
}

/** Gives an object for a key; an Error for 1, and nothing for all if it is asked for 2. */
function objects(scopes: WeakRef<object>[] = []): Batched<Key, object> {
  return batch(
    (keys: readonly Key[], scope) => {
      scopes.push(new WeakRef(scope), new WeakRef(keys));
      if (keys.some(({ id }) => id === 2)) throw new Error("down");
      return keys.map(({ id }) => (id === 1 ? new Error("no such key") : { id }));
    },
    { key: ({ id }) => id },
  );
}

test("nothing is kept of a batch that is over: keys, values, errors, callers and their scopes", async () => {
  const refs: WeakRef<object>[] = [];
  const load = objects(refs);
  const call = async (id: number): Promise<void> => {
    const key = { id };
    const scope = new CancelScope();
    const { signal } = new AbortController();
    const calling = scope.run(() => load(key, { signal }));
    const many = load.many([key, { id: id + 10 }], { signal });
    const told = await Promise.allSettled([calling, many]);
    for (const it of told) {
      refs.push(new WeakRef((it.status === "fulfilled" ? it.value : it.reason) as object));
    }
    refs.push(...[key, scope, signal, calling, many].map((object) => new WeakRef(object)));
  };
  for (const id of [0, 1, 2, 3]) await call(id);
  expect(refs).toHaveLength(36);
  expect(await kept(refs)).toBe(0);
  expect(load.pending).toBe(0);
});

test("nothing is kept of the async context of a caller, while the function goes on", async () => {
  const storage = new AsyncLocalStorage<object>();
  const load = objects();
  const refs: WeakRef<object>[] = [];
  const call = async (id: number): Promise<void> => {
    const store = { id };
    refs.push(new WeakRef(store));
    await storage.run(store, () => load({ id }).catch(() => {}));
  };
  for (const id of [0, 1, 2, 3]) await call(id);
  // What is run next is not kept by what was run before.
  await load({ id: 4 });
  expect(await kept(refs)).toBe(0);
});

test("callers who have left are not kept by a batch that goes on, nor by a key that others want", async () => {
  const gate = deferred<object[]>();
  const under = batch((_keys: readonly number[]) => gate.promise);
  const waiting = batch((keys: readonly number[]) => keys, { windowMs: Infinity });
  const staying = [under(1), waiting(1)];
  const refs: WeakRef<object>[] = [];
  const leave = async (load: (key: number, options: object) => Promise<unknown>): Promise<void> => {
    const controller = new AbortController();
    const reason = {};
    const calling = load(1, { signal: controller.signal });
    await settle();
    controller.abort(reason);
    await calling.catch(() => {});
    refs.push(...[calling, controller.signal, reason].map((object) => new WeakRef(object)));
  };
  for (let i = 0; i < 3; i++) {
    await leave(under);
    await leave(waiting);
    await leave((key, options) => under.many([key, 2], options));
    await leave((key, options) => waiting.many([key, 2], options));
  }
  expect(await kept(refs)).toBe(0);
  gate.resolve([{}]);
  waiting.flush();
  await Promise.all(staying);
});

/** A function that was called, and its `loadMany`; with no `max` nothing was sent. */
async function loaded(max: number): Promise<WeakRef<object>[]> {
  const all: number[] = [];
  const loadMany = (keys: readonly number[]): readonly number[] => [...keys, ...all];
  const load = batch(loadMany, { windowMs: Infinity, max, concurrency: 1 });
  if (max < Infinity) await load.many([1, 2]);
  else void load(1);
  return [new WeakRef(load), new WeakRef(loadMany)];
}

/** A home that was run in. */
async function used(): Promise<WeakRef<object>> {
  const home = new Home();
  let runs = 0;
  home.run({ begin: () => void runs++ });
  await settle();
  expect(runs).toBe(1);
  return new WeakRef(home);
}

describe("a function that nobody has any more is not kept,", () => {
  test("when all is loaded", async () => {
    expect(await kept(await loaded(1))).toBe(0);
  });

  test("with a key that is never sent", async () => {
    expect(await kept(await loaded(Infinity))).toBe(0);
  });

  test("nor is a home", async () => {
    expect(await kept([await used()])).toBe(0);
  });
});

describe("20,000 calls on one long-lived signal leave the heap flat", { timeout: 60_000 }, () => {
  const { signal } = new AbortController();
  const load = batch((keys: readonly number[]) => keys, { max: 1 });
  const turns = batch((keys: readonly number[]) => keys);
  const never = batch((keys: readonly number[]) => keys, { windowMs: Infinity });
  const operations: [string, (i: number) => Promise<unknown>][] = [
    ["of a key", (i) => load(i, { signal })],
    ["of many keys", (i) => turns.many([i, i + 1, i], { signal })],
    [
      "that are cancelled",
      async (i) => {
        const controller = new AbortController();
        const calling = never(i, { signal: controller.signal });
        const other = never.many([i, i + 1], { signal: controller.signal });
        controller.abort();
        await Promise.allSettled([calling, other]);
      },
    ],
  ];
  test.each(operations)("%s", async (_, operation) => {
    const round = async (): Promise<void> => {
      for (let i = 0; i < 20_000; i++) await operation(i);
    };
    expect(await leastLeft(round, 20 * 20_000)).toBeLessThan(20 * 20_000);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect([load.pending, turns.pending, never.pending]).toEqual([0, 0, 0]);
  });
});
