import { describe, expect, test } from "vitest";
import { CancelScope, forEach, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { Counted, kinds } from "./counted.ts";

describe.each(kinds)("forEach() over %s", (_, open) => {
  test("calls for each item, so many at a time, in the order of the items, and gives nothing", async () => {
    await withVirtualClock(async (clock) => {
      const order: [number, number][] = [];
      let running = 0;
      let most = 0;
      const result: unknown = await forEach(
        open(new Counted(9)),
        async (item, index, scope) => {
          expect(scope).toBeInstanceOf(CancelScope);
          order.push([item, index]);
          most = Math.max(most, ++running);
          await sleep(10, at(scope));
          running--;
          return item;
        },
        { concurrency: 3 },
      );
      expect(result).toBe(undefined);
      expect(order).toEqual(Array.from({ length: 9 }, (_unused, i) => [i, i]));
      expect([most, clock.now()]).toEqual([3, 30]);
    });
  });

  test("pitfall 15: closes the source after a failure, and awaits the others", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(100);
      const failure = new Error("no");
      let ended = 0;
      const call = forEach(
        open(source),
        async (item, _index, scope) => {
          await sleep(1, at(scope));
          if (item === 3) throw failure;
          await sleep(100, at(scope)).finally(() => ended++);
        },
        { concurrency: 4 },
      );
      await expect(call).rejects.toBe(failure);
      expect([source.taken, source.closed, ended]).toEqual([4, 1, 3]);
    });
  });

  test("pitfall 16: may be endless", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const source = new Counted(Infinity);
      const call = forEach(
        open(source),
        async (item, _index, scope) => {
          await sleep(1, at(scope));
          if (item === 50) controller.abort("enough");
        },
        { concurrency: 2, signal: controller.signal },
      );
      await expect(call).rejects.toBe("enough");
      expect([source.taken <= 53, source.closed]).toEqual([true, 1]);
    });
  });

  test("disposes of nothing that its function returns", async () => {
    let disposed = 0;
    const value = { [Symbol.dispose]: () => disposed++ };
    await forEach(open(new Counted(2)), () => value, { concurrency: 1 });
    const fn = (item: number): unknown => (item === 1 ? Promise.reject(new Error("no")) : value);
    await forEach(open(new Counted(2)), fn, { concurrency: 1 }).catch(() => {});
    expect(disposed).toBe(0);
  });
});

test.each<[string, unknown[]]>([
  ["concurrency", [[1], () => {}, {}]],
  ["concurrency", [[1], () => {}]],
  ["fn", [[1], Promise.resolve(), { concurrency: 1 }]],
  ["items", [1, () => {}, { concurrency: 1 }]],
  ["items", [{ length: 1, 0: 1 }, () => {}, { concurrency: 1 }]],
  ["onError", [[1], () => {}, { concurrency: 1, onError: true }]],
])("forEach() rejects with a TypeError for a wrong %s", async (name, all) => {
  const call = (forEach as (...all: unknown[]) => Promise<void>)(...all);
  await expect(call).rejects.toThrow(new RegExp(`^Cannot run for each item: "${name}" must be`));
  await expect(call).rejects.toBeInstanceOf(TypeError);
});
