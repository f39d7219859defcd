import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { batch, type CancelScope, sleep } from "corral";
import { runtime } from "../../src/internal/runtime.ts";
import { deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";
import { loads } from "./loads.ts";

interface Looked {
  readonly line: object;
}

/** Counts how often keys and waits for them are looked at, of those that begin from now on. */
function countLooks(): { readonly looks: () => number; readonly stop: () => void } {
  let looks = 0;
  const watched = new Set<object>();
  const watch = (object: object): void => {
    if (watched.has(object)) return;
    watched.add(object);
    for (const name of ["previous", "next", "before", "after", "first", "length", "order"]) {
      let value: unknown = Reflect.get(object, name);
      Object.defineProperty(object, name, {
        get: () => {
          looks++;
          return value;
        },
        set: (to) => {
          value = to;
        },
      });
    }
  };
  const previous = runtime.watcher;
  runtime.watcher = {
    started: (wait) => {
      watch(wait as object);
      watch((wait as Looked).line);
    },
    ended: () => {},
  };
  return { looks: () => looks, stop: () => void (runtime.watcher = previous) };
}

/** A call that can be cancelled, and how it has ended. */
function caller<T>(
  call: (options: { signal: AbortSignal }) => Promise<T>,
  log: string[],
  name: string,
): AbortController {
  const controller = new AbortController();
  call({ signal: controller.signal }).then(
    (value) => log.push(`${name}: ${String(value)}`),
    (error: unknown) => log.push(`${name} rejected: ${String(error)}`),
  );
  return controller;
}

describe("a key that is not sent yet", () => {
  test("is dropped when nobody wants it any more, and the others are sent without it", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const log: string[] = [];
    const [, second, , again] = [1, 2, 3, 2].map((key, i) =>
      caller((options) => load(key, options), log, "abcd"[i]!),
    );
    second!.abort("gone");
    expect(load.pending).toBe(3);
    again!.abort("gone, too");
    expect(load.pending).toBe(2);
    await settle();
    expect(sent).toEqual(["1,3"]);
    expect(log.toSorted()).toEqual(["a: #1", "b rejected: gone", "c: #3", "d rejected: gone, too"]);
  });

  test("is sent while anybody wants it", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const log: string[] = [];
    const [first] = ["a", "b"].map((name) => caller((options) => load(1, options), log, name));
    first!.abort("gone");
    await settle();
    expect([sent, log]).toEqual([["1"], ["a rejected: gone", "b: #1"]]);
  });

  test("is dropped once, when several wait for it who are cancelled together", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const controller = new AbortController();
    const { signal } = controller;
    const gone = [1, 1, 2, 1].map((key) => load(key, { signal }));
    const kept = load(3);
    // Asked for again while the others are told.
    const again = gone[0]!.catch(() => load(1));
    controller.abort("gone");
    expect(load.pending).toBe(1);
    expect(await Promise.all([kept, again])).toEqual(["#3", "#1"]);
    await Promise.allSettled(gone);
    expect(sent).toEqual(["3,1"]);
  });

  test("leaves no empty batch behind: nothing is sent when all are dropped", async () => {
    for (const options of [{}, { max: 2 }, { max: 1 }]) {
      const { sent, loadMany } = loads();
      const load = batch(loadMany, options);
      const controller = new AbortController();
      const calls = [1, 2, 3].map((key) => load(key, { signal: controller.signal }));
      controller.abort("gone");
      expect(load.stats()).toEqual({ pending: 0, active: 0, loading: 0 });
      await Promise.allSettled(calls);
      await settle();
      expect(sent).toEqual([]);
      expect(await load(4)).toBe("#4");
    }
  });

  test("goes to the end of the line when it is asked for again after it was dropped", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const controller = new AbortController();
    const dropped = load(1, { signal: controller.signal });
    const kept = load(2);
    controller.abort("gone");
    await Promise.allSettled([dropped, kept, load(1)]);
    expect(sent).toEqual(["2,1"]);
  });

  test("is dropped also while its batch waits for a place", async () => {
    const { sent, loadMany } = loads();
    const gate = deferred();
    const load = batch(
      async (keys: readonly number[], scope) => {
        await gate.promise;
        return loadMany(keys, scope);
      },
      { concurrency: 1, max: 2 },
    );
    const first = load(1);
    await settle();
    const log: string[] = [];
    const calls = [2, 3, 4].map((key) => caller((options) => load(key, options), log, String(key)));
    await settle();
    calls[0]!.abort("gone");
    await settle();
    expect(log).toEqual(["2 rejected: gone"]);
    gate.resolve();
    await first;
    await settle();
    expect([sent, log]).toEqual([
      ["1", "3,4"],
      ["2 rejected: gone", "3: #3", "4: #4"],
    ]);
  });
});

/** One batch of the keys 1 and 2 that never ends by itself. */
async function underWay(): Promise<{
  log: string[];
  calls: AbortController[];
  scope: CancelScope;
}> {
  const log: string[] = [];
  let scope: CancelScope | undefined;
  const load = batch((_keys: readonly number[], own) => {
    scope = own;
    return sleep(Infinity, { signal: own.signal }).then(() => []);
  });
  const calls = [1, 2, 2].map((key, i) => caller((options) => load(key, options), log, "abc"[i]!));
  await settle();
  return { log, calls, scope: scope! };
}

describe("a batch under way", () => {
  test("goes on while anybody waits for it, also when nobody wants one of its keys any more", async () => {
    const { log, calls, scope } = await underWay();
    calls[1]!.abort("gone");
    calls[2]!.abort("gone, too");
    await settle();
    expect(log).toEqual(["b rejected: gone", "c rejected: gone, too"]);
    expect(scope.cancelled).toBe(false);
    calls[0]!.abort("the last");
    await settle();
  });

  test("is cancelled when the last has left, with a reason that says so", async () => {
    const { log, calls, scope } = await underWay();
    for (const call of calls) call.abort("gone");
    await settle();
    expect(log).toHaveLength(3);
    expect([scope.cancelled, scope.reason]).toEqual([true, "nobody waits for it any more"]);
  });

  test("tells those who stay what was loaded, and leaves no listener", async () => {
    const gate = deferred<string[]>();
    const load = batch((_keys: readonly number[]) => gate.promise);
    const log: string[] = [];
    const { signal } = new AbortController();
    const staying = load(1, { signal });
    const leaving = caller((options) => load(2, options), log, "2");
    await settle();
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    leaving.abort("gone");
    gate.resolve(["#1", "#2"]);
    expect(await staying).toBe("#1");
    await settle();
    expect(log).toEqual(["2 rejected: gone"]);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    expect(getEventListeners(leaving.signal, "abort")).toHaveLength(0);
  });

  test("is not joined by a key that is asked for again, be it cancelled or not", async () => {
    const { sent, loadMany } = loads();
    const gate = deferred<string[]>();
    const load = batch((keys: readonly number[], scope) => {
      const loaded = loadMany(keys, scope);
      return sent.length === 1 ? gate.promise : loaded;
    });
    const log: string[] = [];
    const controller = caller((options) => load(1, options), log, "first");
    await settle();
    const second = load(1);
    controller.abort("gone");
    expect(await second).toBe("#1");
    expect(sent).toEqual(["1", "1"]);
    gate.resolve([]);
  });
});

/** How often others are looked at when one of so many leaves. */
async function looksOf(count: number): Promise<number> {
  const load = batch(loads().loadMany, { windowMs: Infinity });
  const counter = countLooks();
  try {
    const controllers = Array.from({ length: count }, () => new AbortController());
    const calls = controllers.map(({ signal }, key) => load(key, { signal }));
    const before = counter.looks();
    controllers[Math.floor(count / 2)]!.abort("gone");
    const looks = counter.looks() - before;
    expect(load.pending).toBe(count - 1);
    for (const controller of controllers) controller.abort("gone");
    await Promise.allSettled(calls);
    return looks;
  } finally {
    counter.stop();
  }
}

test("one that leaves looks at no more of the others, however many there are", async () => {
  const few = await looksOf(10);
  expect(few).toBeGreaterThan(5);
  expect(await looksOf(1_000)).toBe(few);
});
