import { describe, expect, test } from "vitest";
import { batch, type Batched, CancelScope, waitTree } from "corral";
import { at } from "../support/mode.ts";
import { settle } from "../support/settle.ts";
import { loads } from "./loads.ts";

async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** The tree of a scope in which somebody waits for a key; without the age of the wait. */
function treeOf(load: Batched<number, unknown>): Promise<string> {
  const scope = new CancelScope({ name: "test" });
  return scope.run(async () => {
    const loading = load(1, at(scope));
    const tree = waitTree(scope);
    await loading;
    return tree.replace(/, \d+\.\d s$/, "");
  });
}

describe("batch()", () => {
  test("sends what is asked for in one turn together, in the order in which it came", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const results = [3, 1, 2].map((key) => load(key));
    expect([sent, load.pending]).toEqual([[], 3]);
    expect(await Promise.all(results)).toEqual(["#3", "#1", "#2"]);
    expect([sent, load.pending]).toEqual([["3,1,2"], 0]);
  });

  test("waits for the promise jobs of the turn, however many follow one another", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const late = async (key: number, hops: number): Promise<string> => {
      await microtasks(hops);
      return load(key);
    };
    await Promise.all([late(1, 0), late(2, 1), late(3, 10), late(4, 1_000)]);
    expect(sent).toEqual(["1,2,3,4"]);
  });

  test("sends what is asked for in later turns later", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    expect([await load(1), await load(2)]).toEqual(["#1", "#2"]);
    expect(sent).toEqual(["1", "2"]);
  });

  test("sends a key once that is asked for several times, and gives all the same", async () => {
    const sent: number[][] = [];
    const load = batch((keys: readonly number[]) => {
      sent.push([...keys]);
      return keys.map((key) => ({ key }));
    });
    const [a, b, other] = await Promise.all([load(1), load(1), load(2)]);
    expect(sent).toEqual([[1, 2]]);
    expect(a).toBe(b);
    expect(other).toEqual({ key: 2 });
  });

  test("tells keys from one another as a Map does; null, undefined and NaN are keys, too", async () => {
    const object = {};
    const sent: unknown[] = [];
    const load = batch((keys: readonly unknown[]) => {
      sent.push(...keys);
      return keys.map((key) => [key]);
    });
    const keys = [null, undefined, Number.NaN, 0, -0, Number.NaN, "0", null, object, {}, object];
    const results = await load.many(keys);
    expect(sent).toEqual([null, undefined, Number.NaN, 0, "0", object, {}]);
    expect(results.map(([key]) => key)).toEqual(keys.map((key) => (key === 0 ? 0 : key)));
  });

  test("takes what `key` gives for the key, and sends the first of those that are one", async () => {
    const sent: unknown[] = [];
    const load = batch(
      (keys: readonly { id: number; from: string }[]) => {
        sent.push(...keys);
        return keys.map(({ from }) => from);
      },
      { key: ({ id }) => id },
    );
    const results = ["a", "b"].map((from) => load({ id: 1, from }));
    results.push(load({ id: 2, from: "c" }));
    expect(await Promise.all(results)).toEqual(["a", "a", "c"]);
    expect(sent).toEqual([
      { id: 1, from: "a" },
      { id: 2, from: "c" },
    ]);
  });

  test("loads a key again that is asked for while a batch is under way with it", async () => {
    const { sent, loadMany } = loads();
    let again: Promise<string> | undefined;
    const load = batch((keys: readonly number[], scope) => {
      again ??= load(1);
      return loadMany(keys, scope);
    });
    await load(1);
    await again;
    expect(sent).toEqual(["1", "1"]);
  });

  test("sends a full batch at once, in the turn in which it was filled", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany, { max: 2 });
    const results = [1, 2, 3].map((key) => load(key));
    await microtasks(4);
    expect([sent, load.pending]).toEqual([["1,2"], 1]);
    expect(await Promise.all(results)).toEqual(["#1", "#2", "#3"]);
    expect(sent).toEqual(["1,2", "3"]);
  });

  test("cuts what is asked for at once into full batches", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany, { max: 3 });
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((key) => load(key)));
    expect(sent).toEqual(["1,2,3", "4,5,6", "7,8"]);
  });

  test("sends a key once that is asked for again before its full batch has gone", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany, { max: 2 });
    await Promise.all([load(1), load(2), load(1), load(2)]);
    expect(sent).toEqual(["1,2"]);
  });

  test("has room again when a key of a full batch is dropped before that has gone", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany, { max: 2 });
    const controller = new AbortController();
    const dropped = load(1, { signal: controller.signal });
    const kept = load(2);
    controller.abort("gone");
    await expect(dropped).rejects.toBe("gone");
    await microtasks(4);
    expect(sent).toEqual([]);
    await Promise.all([kept, load(3)]);
    expect(sent).toEqual(["2,3"]);
  });

  test("makes a batch of each key with a max of 1, also when nothing else is to be", async () => {
    const { sent, loadMany } = loads();
    await batch(loadMany, { max: 1 }).many([1, 2, 1]);
    expect(sent).toEqual(["1", "2"]);
  });

  test("gives loadMany an array of its own, which it may change", async () => {
    const load = batch((keys: readonly number[]) => {
      const sorted = (keys as number[]).sort((a, b) => a - b);
      const results = new Map(sorted.map((key) => [key, key * 10]));
      sorted.length = 0;
      return results;
    });
    expect(await load.many([3, 1, 2])).toEqual([30, 10, 20]);
  });

  test("can be asked from within a batch, also by another function that it loads with", async () => {
    const inner = loads();
    const outer: string[] = [];
    const one = batch(inner.loadMany);
    const two = batch(async (keys: readonly number[]) => {
      outer.push(keys.join());
      return one.many(keys.map((key) => key * 10));
    });
    const three = async (key: number): Promise<string> => two(await Promise.resolve(key));
    expect(await Promise.all([two(1), three(2), one(10)])).toEqual(["#10", "#20", "#10"]);
    expect([outer, inner.sent]).toEqual([["1,2"], ["10,20"]]);
  });

  test("is told apart by name, in a tree of waits", async () => {
    const { loadMany } = loads();
    expect(await treeOf(batch(loadMany, { name: "users" }))).toBe(
      'scope "test"\n└─ waits for batch "users"',
    );
    expect(await treeOf(batch(loadMany))).toBe('scope "test"\n└─ waits for batch "loadMany"');
    expect(await treeOf(batch((keys: readonly number[]) => keys))).toBe(
      'scope "test"\n└─ waits for batch',
    );
  });

  test("serves 100,000 keys at once, in order", { timeout: 30_000 }, async () => {
    const load = batch(async (keys: readonly number[]) => keys.map((key) => -key));
    const keys = Array.from({ length: 100_000 }, (_, i) => i + 1);
    const results = await Promise.all(keys.map((key) => load(key)));
    expect(results.every((result, i) => result === -keys[i]!)).toBe(true);
    expect(results).toHaveLength(keys.length);
  });

  test("serves 20,000 batches of one, one at a time", { timeout: 30_000 }, async () => {
    const load = batch((keys: readonly number[]) => keys, { max: 1, concurrency: 1 });
    const keys = Array.from({ length: 20_000 }, (_, i) => i);
    const results = await load.many(keys);
    expect(results.every((result, i) => result === i)).toBe(true);
    expect(results).toHaveLength(keys.length);
  });

  test("lets timers through while loads follow one another that need not wait", async () => {
    const load = batch((keys: readonly number[]) => keys, { max: 1 });
    let over = false;
    setTimeout(() => (over = true), 5);
    let count = 0;
    while (!over) count += await load(1);
    expect(count).toBeGreaterThan(0);
  });
});

describe("flush()", () => {
  test("sends what was collected, without waiting for the end of the turn", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    const results = [load(1), load(2)];
    load.flush();
    await microtasks(4);
    expect(sent).toEqual(["1,2"]);
    results.push(load(3));
    expect(await Promise.all(results)).toEqual(["#1", "#2", "#3"]);
    expect(sent).toEqual(["1,2", "3"]);
  });

  test("sends nothing where nothing was collected", async () => {
    const { sent, loadMany } = loads();
    const load = batch(loadMany);
    load.flush();
    await settle();
    expect(sent).toEqual([]);
  });
});

test("stats() and `pending` say how many keys wait, and what is under way", async () => {
  const { loadMany } = loads();
  const load = batch(loadMany, { max: 2, concurrency: 1 });
  expect(load.stats()).toEqual({ pending: 0, active: 0, loading: 0 });
  const all = load.many([1, 2, 3, 1]);
  expect(load.stats()).toEqual({ pending: 3, active: 0, loading: 0 });
  await microtasks(1);
  expect(load.stats()).toEqual({ pending: 1, active: 1, loading: 2 });
  await all;
  expect(load.stats()).toEqual({ pending: 0, active: 0, loading: 0 });
  expect(Object.isFrozen(load.stats())).toBe(true);
});
