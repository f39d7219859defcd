import { describe, expect, test, vi } from "vitest";
import { batch, failuresOf, sleep } from "corral";
import { settle } from "../support/settle.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { loads } from "./loads.ts";

function* oneAndTwo(): Generator<number> {
  yield 1;
  yield 2;
}

/** The rejections that nobody handles of calls whose batch goes in the next turn. */
function unhandledOf(call: () => unknown): Promise<unknown[]> {
  return unhandledDuring(async () => {
    void call();
    await turn();
  });
}

describe("many()", () => {
  test("gives what belongs to each key, in the order of the keys, each as often as it is there", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const results = load.many([3, 1, 3, 2]);
    expect(await Promise.all([results, load(1)])).toEqual([["#3", "#1", "#3", "#2"], "#1"]);
    expect(sent).toEqual(["3,1,2"]);
  });

  test("takes whatever is iterable, and loads nothing for no keys", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    expect(await load.many(oneAndTwo())).toEqual(["#1", "#2"]);
    expect(await load.many(new Set([2, 3]))).toEqual(["#2", "#3"]);
    expect(await load.many([])).toEqual([]);
    await settle();
    expect(sent).toEqual(["1,2", "2,3"]);
  });

  test("gives a new array each time", async () => {
    const load = batch(loads().loadMany);
    const [first, second] = [await load.many([]), await load.many([])];
    first.push("mine");
    expect(second).toEqual([]);
  });

  test("rejects with the first failure, and failuresOf() tells of those that came with it", async () => {
    const errors = [new Error("first"), new Error("second")];
    const load = batch((keys: readonly number[]) => keys.map((key) => errors[key] ?? key));
    const failure: unknown = await load.many([5, 1, 0, 6, 1]).catch((error: unknown) => error);
    expect(failure).toBe(errors[1]);
    expect(failuresOf(failure)).toEqual([errors[1], errors[0]]);
  });

  test("rejects with what was thrown, also if that is falsy", async () => {
    for (const error of [undefined, null, 0, "", false]) {
      const load = batch(() => Promise.reject(error));
      let caught: unknown = "nothing";
      await load.many([1, 2]).catch((reason: unknown) => (caught = reason));
      expect(caught).toBe(error);
    }
  });

  test("does not wait for the other keys when one has failed, nor loads what nobody else wants", async () => {
    const sent: string[] = [];
    const load = batch(
      async (keys: readonly number[]) => {
        sent.push(keys.join());
        await settle();
        if (keys.includes(1)) throw new Error("down");
        return keys;
      },
      { max: 2, concurrency: 1 },
    );
    const all = load.many([1, 2, 3, 4, 5]);
    const other = load(4);
    await expect(all).rejects.toThrow("down");
    expect(load.stats()).toEqual({ pending: 0, active: 1, loading: 1 });
    expect(await other).toBe(4);
    expect(sent).toEqual(["1,2", "4"]);
  });

  test("does not load either what could be when a batch has ended in the same moment", async () => {
    const sent: number[] = [];
    const load = batch(
      ([key]: readonly number[]) => {
        sent.push(key!);
        return [key === 2 ? new Error("no such key") : key];
      },
      { max: 1, concurrency: 2 },
    );
    await expect(load.many([1, 2, 3, 4])).rejects.toThrow("no such key");
    await settle();
    expect(sent).toEqual([1, 2]);
  });

  test("gives up once, however many of its keys fail", async () => {
    const steps = vi.spyOn(globalThis, "queueMicrotask");
    try {
      const load = batch(() => Promise.reject(new Error("down")));
      await expect(load.many(Array.from({ length: 1_000 }, (_, i) => i))).rejects.toThrow("down");
      expect(steps.mock.calls.length).toBeLessThan(100);
    } finally {
      steps.mockRestore();
    }
  });

  test("cancels a batch under way that nobody else waits for when another key has failed", async () => {
    let cancelled = 0;
    const load = batch(
      async ([key]: readonly number[], { signal }) => {
        if (key === 1) throw new Error("down");
        await new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            cancelled++;
            resolve(undefined);
          });
        });
        return [0];
      },
      { max: 1 },
    );
    await expect(load.many([1, 2, 3])).rejects.toThrow("down");
    await settle();
    expect(cancelled).toBe(2);
  });

  test("changes nothing when the keys cannot be had", async () => {
    const { sent, loadMany } = loads();
    const oops = new Error("oops");
    function* failing(): Generator<number> {
      yield 1;
      throw oops;
    }
    const load = batch(loadMany, {
      key: (key) => {
        if (key < 0) throw oops;
        return key;
      },
    });
    await expect(load.many(failing())).rejects.toBe(oops);
    await expect(load.many([1, 2, -1])).rejects.toBe(oops);
    expect(load.pending).toBe(0);
    await settle();
    expect(sent).toEqual([]);
  });

  test("rejects with a TypeError for keys that are not iterable", async () => {
    const load = batch(loads().loadMany);
    const odd: [unknown, string][] = [
      [undefined, "undefined"],
      [null, "null"],
      [5, "5"],
      [{}, "an object"],
      [{ [Symbol.iterator]: 1 }, "an object"],
    ];
    for (const [keys, seen] of odd) {
      await expect(load.many(keys as number[])).rejects.toThrow(
        new TypeError(`Cannot load: "keys" must be iterable, received ${seen}`),
      );
    }
    expect(load.pending).toBe(0);
  });

  test("can be called apart from its function", async () => {
    const { many } = batch(loads().loadMany);
    expect(await many([1])).toEqual(["#1"]);
  });
});

test("a failure that nobody handles is an unhandled rejection, once for each call", async () => {
  const oops = new Error("oops");
  const load = batch(() => Promise.reject(oops));
  expect(await unhandledOf(() => load.many([1, 2]))).toEqual([oops]);
  expect(await unhandledOf(() => [load(1), load(1)])).toEqual([oops, oops]);
});

test("nobody has to hear that a call of many keys was cancelled, be it that some were loaded", async () => {
  const unhandled = await unhandledDuring(async () => {
    const load = batch(
      async ([key]: readonly number[], { signal }) => {
        if (key !== 1) await sleep(Infinity, { signal });
        return [key];
      },
      { max: 1 },
    );
    const controller = new AbortController();
    void load.many([1, 2, 3], { signal: controller.signal });
    await settle();
    controller.abort(new Error("gone"));
  });
  expect(unhandled).toEqual([]);
});
