import { describe, expect, test } from "vitest";
import { map, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

async function* numbers(): AsyncGenerator<number> {
  for (let i = 0; i < 20; i++) yield i;
}

describe("map() over an async source", () => {
  test("begins no item in a scope that is cancelled, though the source has just answered", async () => {
    await withVirtualClock(async () => {
      const begun: [number, boolean][] = [];
      const mapping = map(
        numbers(),
        (item, _index, scope) => {
          begun.push([item, scope.cancelled]);
          if (item === 3) throw new Error("three");
          return sleep(10, at(scope));
        },
        { concurrency: 10 },
      );
      await expect(mapping).rejects.toThrow("three");
      expect(begun.every(([, cancelled]) => !cancelled)).toBe(true);
    });
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
  ])("fails on an iterator result that is %s", async (_, result) => {
    const source = { [Symbol.asyncIterator]: () => ({ next: async () => result() }) };
    await expect(map(source as never, () => 1, { concurrency: 2 })).rejects.toThrow(TypeError);
  });
});
