import { describe, expect, test } from "vitest";
import { ClosedError } from "../../src/cancel/errors.ts";
import { select, when } from "../../src/channel/select.ts";
import { Watch } from "../../src/channel/watch.ts";

describe("value, set() and update()", () => {
  test("the value is the last one that was set", () => {
    const watch = new Watch<number | undefined>(1);
    expect(watch.value).toBe(1);
    watch.set(undefined);
    expect(watch.value).toBe(undefined);
    watch.set(2);
    watch.update((value) => (value ?? 0) + 1);
    expect([watch.value, watch.stats().version]).toEqual([3, 3]);
  });

  test("every set counts, also of the same value", async () => {
    const watch = new Watch("a");
    const reader = watch.subscribe();
    watch.set("a");
    expect(reader.hasChanged).toBe(true);
    await reader.changed();
    watch.update((value) => value);
    expect(reader.hasChanged).toBe(true);
  });

  test("a set of what `equals` says is the same does nothing", async () => {
    const seen: unknown[] = [];
    const watch = new Watch(
      { n: 1 },
      {
        equals: (a, b) => {
          seen.push([a.n, b.n]);
          return a.n === b.n;
        },
      },
    );
    const reader = watch.subscribe();
    const before = watch.value;
    watch.set({ n: 1 });
    expect([reader.hasChanged, watch.value === before, watch.stats().version]).toEqual([
      false,
      true,
      0,
    ]);
    watch.update(({ n }) => ({ n: n + 1 }));
    expect([reader.hasChanged, watch.value.n]).toEqual([true, 2]);
    expect(seen).toEqual([
      [1, 1],
      [1, 2],
    ]);
  });

  test("update() changes nothing when its function throws, nor set() when `equals` does", () => {
    const error = new Error("no");
    const watch = new Watch(1, {
      equals: (_, b) => {
        if (b === 3) throw error;
        return false;
      },
    });
    const reader = watch.subscribe();
    expect(() =>
      watch.update(() => {
        throw error;
      }),
    ).toThrow(error);
    expect(() => watch.set(3)).toThrow(error);
    expect([watch.value, reader.hasChanged]).toEqual([1, false]);
    watch.set(2);
    expect([watch.value, reader.hasChanged]).toEqual([2, true]);
  });
});

describe("changed()", () => {
  test("waits for the next set; the value at the beginning counts as seen", async () => {
    const watch = new Watch(1);
    const reader = watch.subscribe();
    expect(reader.hasChanged).toBe(false);
    let changed = false;
    const waiting = reader.changed().then(() => {
      changed = true;
    });
    await Promise.resolve();
    expect([changed, watch.stats().waiting]).toEqual([false, 1]);
    watch.set(2);
    await waiting;
    expect([reader.hasChanged, reader.value, watch.stats().waiting]).toEqual([false, 2, 0]);
  });

  test("resolves at once if a set was missed, and only once for many", async () => {
    const watch = new Watch(1);
    const reader = watch.subscribe();
    for (const n of [2, 3, 4]) watch.set(n);
    await reader.changed();
    expect([reader.hasChanged, reader.waiting]).toEqual([false, 0]);
    void reader.changed();
    expect(reader.waiting).toBe(1);
  });

  test("looking at the value of the reader marks it as seen; that of the watch does not", () => {
    const watch = new Watch(1);
    const reader = watch.subscribe();
    watch.set(2);
    expect([watch.value, reader.hasChanged]).toEqual([2, true]);
    expect([reader.value, reader.hasChanged]).toEqual([2, false]);
  });

  test("a set between a grant and its news is unseen still", async () => {
    const watch = new Watch(1);
    const reader = watch.subscribe();
    const waiting = reader.changed();
    watch.set(2);
    watch.set(3);
    await waiting;
    expect(reader.hasChanged).toBe(true);
    await reader.changed();
    expect([reader.value, reader.hasChanged]).toEqual([3, false]);
  });

  test("each reader has seen its own", async () => {
    const watch = new Watch(1);
    const early = watch.subscribe();
    watch.set(2);
    const late = watch.subscribe();
    expect([early.hasChanged, late.hasChanged]).toEqual([true, false]);
    await early.changed();
    watch.set(3);
    await Promise.all([early.changed(), late.changed()]);
    expect([early.hasChanged, late.hasChanged]).toEqual([false, false]);
  });

  test("a set ends one wait of a reader, in the order of the calls, and one of every other", async () => {
    const watch = new Watch(0);
    const [a, b] = [watch.subscribe(), watch.subscribe()];
    const order: string[] = [];
    const calls = [
      a.changed().then(() => order.push("a1")),
      a.changed().then(() => order.push("a2")),
      b.changed().then(() => order.push("b1")),
    ];
    watch.set(1);
    await Promise.all([calls[0], calls[2]]);
    expect([order, a.waiting]).toEqual([["a1", "b1"], 1]);
    watch.set(2);
    await calls[1];
    expect([order, b.hasChanged]).toEqual([["a1", "b1", "a2"], true]);
  });

  test("10 000 readers are told by one set", async () => {
    const watch = new Watch(0);
    const readers = Array.from({ length: 10_000 }, () => watch.subscribe());
    const calls = readers.map((reader) => reader.changed());
    watch.set(1);
    await Promise.all(calls);
    expect(readers.every(({ hasChanged }) => !hasChanged)).toBe(true);
  });
});

test("a select of a reader does what changed() would", async () => {
  const watch = new Watch(0);
  const [a, b] = [watch.subscribe(), watch.subscribe()];
  const chosen = select({ a: when(a), b: when(b) }, { biased: true });
  watch.set(1);
  expect(await chosen).toEqual({ key: "a", value: undefined });
  // The one that was not chosen has seen nothing, and waits no more.
  expect([a.hasChanged, b.hasChanged, watch.stats().waiting]).toEqual([false, true, 0]);
  expect(await select({ a: when(a), b: when(b) })).toEqual({ key: "b", value: undefined });
  const last = select({ a: when(a) });
  watch.close();
  await expect(last).rejects.toThrow(ClosedError);
  await expect(select({ a: when(a) })).rejects.toThrow(ClosedError);
});

describe("misuse", () => {
  test("the constructor refuses options that are not what they should be", () => {
    expect(() => new Watch(1, 2 as never)).toThrow(TypeError);
    expect(() => new Watch(1, { name: 2 as never })).toThrow(TypeError);
    expect(() => new Watch(1, { equals: true as never })).toThrow(
      'Cannot create a watch: "equals" must be a function, received true',
    );
  });

  test("update() throws, and waitFor() rejects, without a function", async () => {
    const watch = new Watch(1);
    expect(() => watch.update(2 as never)).toThrow(
      'Cannot update a watch: "fn" must be a function, received 2',
    );
    await expect(watch.waitFor(true as never)).rejects.toThrow(
      'Cannot wait for a value: "predicate" must be a function, received true',
    );
    await expect(watch.waitFor(() => true, 1 as never)).rejects.toThrow(TypeError);
    await expect(watch.waitFor(() => true, { signal: 1 as never })).rejects.toThrow(TypeError);
    await expect(watch.subscribe().changed(1 as never)).rejects.toThrow(
      'Cannot wait for a change: "options" must be an object, received 1',
    );
    expect(watch.stats()).toEqual({ version: 0, waiting: 0, closed: false });
  });
});

test("stats() and toString() say how it stands", () => {
  const watch = new Watch(1, { name: "state" });
  void watch.waitFor((n) => n > 5);
  void watch.subscribe().changed();
  void watch.subscribe().changed();
  watch.set(2);
  expect(watch.stats()).toEqual({ version: 1, waiting: 1, closed: false });
  expect(Object.isFrozen(watch.stats())).toBe(true);
  expect(String(watch)).toBe('Watch "state" { version: 1, waiting: 1, closed: false }');
});
