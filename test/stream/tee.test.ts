import { describe, expect, test } from "vitest";
import { gather, type ItemStream, sleep, tee, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect, OVER, Probe } from "./probe.ts";

/** Reads with one timeout after the other. */
async function readInHaste(branch: ItemStream<number>, ms: number): Promise<number[]> {
  const got: number[] = [];
  for (let i = 0; i < 30; i++) {
    await timeout(ms, async () => {
      for (;;) got.push((await branch.next()).value!);
    }).catch(() => {});
  }
  return got;
}

describe("tee()", () => {
  test("gives each branch all items; there are two by default", async () => {
    const two = tee(new Probe({ length: 5 }), { capacity: 1 });
    expect(two.length).toBe(2);
    expect(await Promise.all(two.map(collect))).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
    const three = tee("abc", 3, { capacity: 2 });
    expect(await gather(three.map((branch) => () => collect(branch)))).toEqual(
      Array.from({ length: 3 }, () => ["a", "b", "c"]),
    );
  });

  test("gives them to branches one after the other, without a bound", async () => {
    const source = new Probe({ length: 50 });
    const [first, second] = tee(source, { capacity: Infinity });
    const all = await collect(first);
    expect(source.asked).toBe(51);
    expect(await collect(second)).toEqual(all);
    expect(source.asked).toBe(51);
  });

  test("reads when the branch that is ahead asks, and never further", async () => {
    const source = new Probe();
    const [first, second] = tee(source, { capacity: 10 });
    for (const asked of [1, 2, 3]) {
      await first.next();
      await turn();
      expect(source.asked).toBe(asked);
    }
    for (let i = 0; i < 3; i++) await second.next();
    await turn();
    expect(source.asked).toBe(3);
    await second.next();
    expect(source.asked).toBe(4);
    await first.return();
    await second.return();
  });

  test.each([1, 2, 5])(
    "lets a branch be %i ahead of the slowest, and no further",
    async (capacity) => {
      const source = new Probe();
      const [first, second, third] = tee(source, 3, { capacity });
      const got: number[] = [];
      const read = (async () => {
        for await (const item of first) got.push(item);
      })();
      await turn();
      expect([got.length, source.asked]).toEqual([capacity, capacity]);
      await second.next();
      await turn();
      expect(got.length).toBe(capacity);
      await third.next();
      await turn();
      expect([got.length, source.asked]).toEqual([capacity + 1, capacity + 1]);
      // Two that leave hold up nobody any more.
      await third.return();
      await turn();
      expect(got.length).toBe(capacity + 1);
      await second.return();
      await turn();
      expect(got.length).toBeGreaterThan(capacity + 1);
      await first.return();
      await read;
      expect(source.closed).toBe(1);
    },
  );

  test("closes the source when the last branch leaves, and waits for that", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Probe({ closeMs: 20 });
      const [first, second] = tee(source, { capacity: 4 });
      await first.next();
      await first.return();
      await first.return();
      expect([clock.now(), source.closing, await first.next()]).toEqual([0, 0, OVER]);
      expect(await second.next()).toEqual({ value: 0, done: false });
      expect(await second.next()).toEqual({ value: 1, done: false });
      await second.return();
      expect([clock.now(), source.closed]).toEqual([20, 1]);
    });
  });

  test("ends each branch when it has read all; a branch that is left while it waits too", async () => {
    await withVirtualClock(async () => {
      const [first, second] = tee(new Probe({ length: 1, everyMs: 10 }), { capacity: 4 });
      const calls = [first.next(), first.next(), second.next()];
      await sleep(5);
      await second.return();
      expect(await calls[2]).toEqual(OVER);
      expect(await Promise.all(calls.slice(0, 2))).toEqual([{ value: 0, done: false }, OVER]);
    });
  });

  test.each([new Error("source"), undefined, null])(
    "throws a failure in each branch after the items before it, once: %s",
    async (failure) => {
      const unhandled = await unhandledDuring(async () => {
        const source = new Probe({ failsAt: 2, failure });
        const branches = tee(source, 3, { capacity: 8 });
        for (const branch of branches) {
          const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => branch.next()));
          expect(outcomes).toEqual([
            { status: "fulfilled", value: { value: 0, done: false } },
            { status: "fulfilled", value: { value: 1, done: false } },
            { status: "rejected", reason: failure },
            { status: "fulfilled", value: OVER },
          ]);
        }
        expect([source.asked, source.closing]).toEqual([3, 0]);
      });
      expect(unhandled).toEqual([]);
    },
  );

  test("throws what closing throws to the last branch that leaves", async () => {
    const error = new Error("closing");
    const branches = tee(new Probe({ onClose: () => Promise.reject(error) }), { capacity: 1 });
    await branches[0].next();
    await branches[0].return();
    await expect(branches[1].return()).rejects.toBe(error);
  });

  test("does not throw a failure on leaving that one of the branches was told", async () => {
    const [first, second] = tee(new Probe({ failsAt: 0, failure: "no" }), { capacity: 1 });
    await expect(first.next()).rejects.toBe("no");
    expect(await second.return()).toEqual(OVER);
  });

  test("ends all branches when its signal aborts, each with the reason", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const source = new Probe({ everyMs: 10, closeMs: 20 });
      const branches = tee(source, 3, { capacity: 4, signal: controller.signal });
      const calls = Promise.allSettled([branches[0].next(), branches[1].next()]);
      await sleep(5);
      controller.abort("enough");
      const rejected = { status: "rejected", reason: "enough" };
      expect(await calls).toEqual([rejected, rejected]);
      expect([clock.now(), source.closed]).toEqual([25, 1]);
      await expect(branches[2].next()).rejects.toBe("enough");
    });
  });

  test("of which a branch is never read is no report when the scope is cancelled", async () => {
    await withVirtualClock(async () => {
      const source = new Probe({ everyMs: 10 });
      const reports = await reportsDuring(async () => {
        const read = timeout(25, async (scope) => {
          const [first] = tee(source, { capacity: 9, ...at(scope) });
          await collect(first);
        });
        await expect(read).rejects.toBeInstanceOf(TimeoutError);
      });
      expect([source.closed, reports]).toEqual([1, []]);
    });
  });

  ambientTest("loses no item when readers are cancelled (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const branches = tee(new Probe({ everyMs: 7 }), { capacity: 2 });
      const [first, second] = await Promise.all([
        readInHaste(branches[0], 5),
        readInHaste(branches[1], 3),
      ]);
      for (const got of [first, second]) {
        expect(got.length).toBeGreaterThan(10);
        expect(got).toEqual(got.map((_item, i) => i));
      }
      for (const branch of branches) await branch.return();
    });
  });

  test("keeps 100 000 items for a slow branch in linear time, and drops them at once", async () => {
    const length = 100_000;
    const branches = tee(
      Array.from({ length }, (_item, i) => i),
      3,
      { capacity: Infinity },
    );
    expect((await collect(branches[0])).length).toBe(length);
    await branches[1].next();
    await branches[1].return();
    let sum = 0;
    for await (const item of branches[2]) sum += item;
    expect(sum).toBe((length * (length - 1)) / 2);
  }, 20_000);

  test("refuses a number of branches or a capacity that is none", () => {
    expect(() => tee([], undefined as never)).toThrow(
      'Cannot tee: "capacity" must be a positive integer, received undefined',
    );
    expect(() => tee([], {} as never)).toThrow(TypeError);
    for (const capacity of [0, -1, 1.5, NaN]) {
      expect(() => tee([], { capacity })).toThrow(RangeError);
    }
    for (const n of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => tee([], n, { capacity: 1 })).toThrow(RangeError);
    }
    expect(() => tee([], "2" as never, { capacity: 1 })).toThrow(TypeError);
    expect(() => tee([], 2, undefined as never)).toThrow(TypeError);
  });
});
