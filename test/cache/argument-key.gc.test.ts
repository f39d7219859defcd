import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { argumentsKey } from "../../src/cache/argument-key.ts";

const gc = (globalThis as { gc?: () => void }).gc!;

/** How many are left, given some turns and collections. */
async function left(refs: readonly WeakRef<WeakKey>[]): Promise<number> {
  for (let i = 0; i < 10 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await turn();
    gc();
  }
  return refs.filter((ref) => ref.deref() !== undefined).length;
}

const kinds: Record<string, (i: number) => WeakKey> = {
  object: (i) =>
    new (class Point {
      i = i;
    })(),
  function: (i) => () => i,
  symbol: (i) => Symbol(i),
  signal: () => new AbortController().signal,
  "plain object": (i) => ({ i }),
};

const places: Record<string, (value: WeakKey) => unknown[]> = {
  alone: (value) => [value],
  "among others": (value) => [1, value, 2],
  "in an object": (value) => [{ a: [value] }],
  "in a Map": (value) => [new Map([[value, value]])],
};

test("the check itself sees what is held", async () => {
  const held = Symbol("held");
  expect(await left([new WeakRef(held)])).toBe(1);
  expect(held).toBeDefined();
});

describe.each(Object.entries(kinds))("a key that is held keeps no %s alive", (_, make) => {
  test.each(Object.entries(places))("%s", async (_place, put) => {
    const keys = new Map<unknown, number>();
    const refs = Array.from({ length: 10 }, (_none, i) => {
      const value = make(i);
      keys.set(argumentsKey(put(value)), i);
      return new WeakRef(value);
    });
    expect(await left(refs)).toBe(0);
    expect(keys.size).toBeGreaterThan(0);
  });
});
