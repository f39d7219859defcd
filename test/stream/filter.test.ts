import { describe, expect, test } from "vitest";
import { CancelScope, filter, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { turn } from "../support/turn.ts";
import { collect, Counted, kinds } from "./counted.ts";

describe.each(kinds)("filter() over %s", (_, open) => {
  test("gives the items that pass, in order", async () => {
    await withVirtualClock(async (clock) => {
      const seen: unknown[][] = [];
      const passing = filter(
        open(new Counted(6)),
        async (item, index, scope) => {
          seen.push([item, index, scope instanceof CancelScope]);
          await sleep(10 - item, at(scope));
          return item % 2 === 0;
        },
        { concurrency: 3 },
      );
      expect(await collect(passing)).toEqual([0, 2, 4]);
      expect(seen).toEqual(Array.from({ length: 6 }, (_unused, i) => [i, i, true]));
      expect(clock.now()).toBeLessThan(25);
    });
  });

  test("gives the items as they pass with ordered: false", async () => {
    await withVirtualClock(async () => {
      const passing = filter(
        open(new Counted(6)),
        async (item, _index, scope) => {
          await sleep(10 - item, at(scope));
          return item % 2 === 0;
        },
        { concurrency: 6, ordered: false },
      );
      expect(await collect(passing)).toEqual([4, 2, 0]);
    });
  });

  test("takes whatever is truthy, sync as well", async () => {
    const answers = [1, 0, "a", "", {}, null, undefined, true, Promise.resolve(false)];
    const passing = filter(open(new Counted(9)), (item) => answers[item], { concurrency: 2 });
    expect(await collect(passing)).toEqual([0, 2, 4, 7]);
  });

  test("pitfall 16: goes no further ahead than it may, also over items that do not pass", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(1_000);
      const passing = filter(open(source), (item) => item % 10 === 0, {
        concurrency: 2,
        buffer: 1,
      });
      await passing.next();
      await sleep(10);
      // 0 was taken; 10, 20 and 30 wait for their reader.
      expect(source.taken).toBe(31);
      await passing.return();
      expect([source.taken, source.closed]).toEqual([31, 1]);
    });
  });

  test("fails with a predicate that fails, or leaves the item out", async () => {
    const failure = new Error("two");
    const fn = (item: number): boolean => {
      if (item === 2) throw failure;
      return true;
    };
    await expect(collect(filter(open(new Counted(5)), fn, { concurrency: 1 }))).rejects.toBe(
      failure,
    );
    const options = { concurrency: 1, onError: "skip", onSkip: () => {} } as const;
    expect(await collect(filter(open(new Counted(5)), fn, options))).toEqual([0, 1, 3, 4]);
  });
});

test("filter() gives items as they are: promises, undefined, and what can be disposed", async () => {
  let disposed = 0;
  const resource = { [Symbol.dispose]: (): void => void disposed++ };
  const items: unknown[] = [Promise.resolve(1), undefined, null, 0, resource, resource];
  const passing = filter(items, () => true, { concurrency: 6 });
  for (const item of items.slice(0, 5)) {
    const result = await passing.next();
    expect(Object.is(result.value, item)).toBe(true);
  }
  await passing.return();
  expect(disposed).toBe(0);
});

test("filter() hands items that have passed and were not taken to onDiscard", async () => {
  const dropped: number[] = [];
  const onDiscard = (item: number): number => dropped.push(item);
  const passing = filter([1, 2, 3, 4, 5], (n) => n !== 2, { concurrency: 4, onDiscard });
  await passing.next();
  await turn();
  await passing.return();
  expect(dropped).toEqual([3, 4, 5]);
});

test.each<[string, unknown[]]>([
  ["predicate", [[1], true, { concurrency: 1 }]],
  ["concurrency", [[1], () => true, {}]],
  ["items", [1, () => true, { concurrency: 1 }]],
  ["onDiscard", [[1], () => true, { concurrency: 1, onDiscard: 1 }]],
])("filter() throws a TypeError for a wrong %s", (name, all) => {
  const call = (): unknown => (filter as (...all: unknown[]) => unknown)(...all);
  expect(call).toThrow(new RegExp(`^Cannot filter: "${name}" must be`));
  expect(call).toThrow(TypeError);
});
