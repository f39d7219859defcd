import { describe, expect, test } from "vitest";
import { chunk, detached, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect, OVER, Probe, take } from "./probe.ts";

/** Gives each item at its time. */
async function* timed(
  ...items: readonly (readonly [atMs: number, item: string])[]
): AsyncGenerator<string> {
  let past = 0;
  for (const [atMs, item] of items) {
    const ms = atMs - past;
    past = atMs;
    await detached(() => sleep(ms));
    yield item;
  }
}

describe("chunk() by size", () => {
  test("gives arrays of that many, and a short one at the end", async () => {
    for (const source of [[1, 2, 3, 4, 5], new Set([1, 2, 3, 4, 5]).values()]) {
      expect(await collect(chunk(source, { size: 2 }))).toEqual([[1, 2], [3, 4], [5]]);
    }
    expect(await collect(chunk([1, 2, 3, 4], { size: 2 }))).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(await collect(chunk([1, 2, 3], { size: Infinity }))).toEqual([[1, 2, 3]]);
  });

  test("reads nothing while nobody asks", async () => {
    const source = new Probe();
    const stream = chunk(source, { size: 3 });
    for (let taken = 1; taken <= 5; taken++) {
      await stream.next();
      await turn();
      expect(source.asked).toBe(taken * 3);
    }
    await stream.return();
  });

  test("gives what came before a failure, and then that", async () => {
    const failure = new Error("source");
    const stream = chunk(new Probe({ failsAt: 5, failure }), { size: 3 });
    expect(await stream.next()).toEqual({ value: [0, 1, 2], done: false });
    expect(await stream.next()).toEqual({ value: [3, 4], done: false });
    await expect(stream.next()).rejects.toBe(failure);
    expect(await stream.next()).toEqual(OVER);
  });

  test("gives no empty array before a failure", async () => {
    const stream = chunk(new Probe({ failsAt: 3, failure: "no" }), { size: 3 });
    await stream.next();
    await expect(stream.next()).rejects.toBe("no");
  });

  test("gives no array that a cancellation has cut short", async () => {
    await withVirtualClock(async () => {
      const got: unknown[] = [];
      const read = timeout(25, async (scope) => {
        for await (const some of chunk(new Probe({ everyMs: 10 }), { size: 3, ...at(scope) })) {
          got.push(some);
        }
      });
      await expect(read).rejects.toBeInstanceOf(TimeoutError);
      expect(got).toEqual([]);
    });
  });

  test("lets the event loop live while it fills one array", async () => {
    let late = false;
    function* numbers(): Generator<number> {
      setImmediate(() => (late = true));
      for (let n = 0; n < 500_000 && !late; n++) yield n;
    }
    await collect(chunk(numbers(), { size: Infinity }));
    expect(late).toBe(true);
  });

  test("gives 100 000 items in linear time, in one array or in many", async () => {
    const items = Array.from({ length: 100_000 }, (_item, i) => i);
    expect(await collect(chunk(items, { size: Infinity }))).toEqual([items]);
    expect((await collect(chunk(items, { size: 100, withinMs: 1_000 }))).flat()).toEqual(items);
  }, 20_000);
});

describe("chunk() by time", () => {
  test("gives what has come in that time after the first item", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const source = timed([10, "a"], [20, "b"], [55, "c"], [100, "d"], [300, "e"]);
      for await (const some of chunk(source, { withinMs: 50 })) {
        log.push(`${some.join("")} at ${clock.now()}`);
      }
      expect(log).toEqual(["abc at 60", "d at 150", "e at 300"]);
    });
  });

  test("or as many as the size says, whichever is first", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const source = timed([10, "a"], [20, "b"], [30, "c"], [100, "d"], [300, "e"]);
      for await (const some of chunk(source, { size: 2, withinMs: 50 })) {
        log.push(`${some.join("")} at ${clock.now()}`);
      }
      expect(log).toEqual(["ab at 20", "c at 80", "d at 150", "e at 300"]);
    });
  });

  test("keeps the item that was under way for the next array, and reads no other meanwhile", async () => {
    await withVirtualClock(async () => {
      const source = new Probe({ everyMs: 30 });
      const stream = chunk(source, { withinMs: 50 });
      expect((await stream.next()).value).toEqual([0, 1]);
      expect(source.asked).toBe(3);
      await sleep(500);
      expect(source.asked).toBe(3);
      expect((await stream.next()).value).toEqual([2]);
      expect(source.asked).toBe(4);
      expect((await stream.next()).value).toEqual([3, 4]);
      await stream.return();
    });
  });

  test("counts from when an item came, also one that had to wait for a reader", async () => {
    await withVirtualClock(async (clock) => {
      const source = timed([0, "a"], [60, "b"], [100, "c"], [140, "d"], [500, "e"]);
      const stream = chunk(source, { withinMs: 50 });
      expect([(await stream.next()).value, clock.now()]).toEqual([["a"], 50]);
      await sleep(35);
      // It came at 60.
      expect([(await stream.next()).value, clock.now()]).toEqual([["b"], 110]);
      await stream.return();
    });
  });

  test("takes what is ready together with an item that is late already", async () => {
    await withVirtualClock(async (clock) => {
      let n = 0;
      const source: AsyncIterable<number> = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            n++;
            if (n === 2 || n > 5) await detached(() => sleep(100));
            return { value: n, done: false };
          },
        }),
      };
      const stream = chunk(source, { withinMs: 50 });
      expect((await stream.next()).value).toEqual([1]);
      await sleep(500);
      expect((await stream.next()).value).toEqual([2, 3, 4, 5]);
      expect(clock.now()).toBe(550);
      await stream.return();
    });
  });

  test.each([0, -1])("of %i ms gives together what is ready", async (withinMs) => {
    await withVirtualClock(async (clock) => {
      const source = timed([0, "a"], [10, "b"], [20, "c"]);
      const read = chunk(
        (async function* () {
          yield* ["1", "2"];
          yield* source;
        })(),
        { withinMs },
      );
      const chunks = await collect(read);
      expect(chunks.flat()).toEqual(["1", "2", "a", "b", "c"]);
      expect(chunks[0]!.slice(0, 2)).toEqual(["1", "2"]);
      expect([chunks.length > 1, clock.now()]).toEqual([true, 20]);
    });
  });

  test("of Infinity gives all at the end", async () => {
    await withVirtualClock(async () => {
      expect(await collect(chunk(timed([10, "a"], [999, "b"]), { withinMs: Infinity }))).toEqual([
        ["a", "b"],
      ]);
    });
  });

  test("gives what came before a failure at once, and then that", async () => {
    await withVirtualClock(async (clock) => {
      const stream = chunk(new Probe({ everyMs: 10, failsAt: 2, failure: "no" }), {
        withinMs: 1_000,
      });
      expect([(await stream.next()).value, clock.now()]).toEqual([[0, 1], 30]);
      await expect(stream.next()).rejects.toBe("no");
      expect(clock.now()).toBe(30);
    });
  });

  test("gives a failure that came while nobody asked with the next call", async () => {
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async () => {
        const stream = chunk(new Probe({ everyMs: 30, failsAt: 1, failure: "no" }), {
          withinMs: 10,
        });
        expect((await stream.next()).value).toEqual([0]);
        await sleep(500);
        await expect(stream.next()).rejects.toBe("no");
      }),
    );
    expect(unhandled).toEqual([]);
  });

  test("leaves no timer behind, however it ends", async () => {
    await withVirtualClock(async (clock) => {
      await collect(chunk(timed([0, "a"], [1, "b"]), { withinMs: 60_000 }));
      await take(chunk(new Probe(), { size: 2, withinMs: 60_000 }), 1);
      const stream = chunk(new Probe({ everyMs: 1 }), { size: 9, withinMs: 60_000 });
      const next = stream.next();
      await sleep(5);
      await stream.return();
      expect(await next).toEqual(OVER);
      const failing = chunk(new Probe({ everyMs: 1, failsAt: 1 }), { withinMs: 60_000 });
      await failing.next();
      await failing.next().catch(() => {});
      await timeout(5, (scope) =>
        collect(chunk(new Probe({ everyMs: 1 }), { withinMs: 60_000, ...at(scope) })),
      ).catch(() => {});
      expect(clock.now()).toBeLessThan(100);
      // With nothing to jump to, a wait without end is a deadlock.
      const timers = (clock as unknown as { proceed(): boolean }).proceed();
      expect(timers).toBe(false);
    });
  });

  ambientTest("loses nothing when readers are cancelled (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const stream = chunk(new Probe({ everyMs: 7 }), { withinMs: 20 });
      const got: number[] = [];
      for (let i = 0; i < 30; i++) {
        await timeout(5, async () => {
          got.push(...((await stream.next()).value ?? []));
        }).catch(() => {});
      }
      await stream.return();
      expect(got.length).toBeGreaterThan(10);
      expect(got).toEqual(got.map((_item, i) => i));
    });
  });
});

describe("chunk() refuses", () => {
  test("options without a size or a time", () => {
    for (const options of [undefined, {}, { size: undefined }]) {
      expect(() => chunk([], options as never)).toThrow(
        'Cannot chunk: "size" must be a positive integer, received undefined',
      );
    }
  });

  test.each([0, -1, 1.5, NaN])("a size of %s", (size) => {
    expect(() => chunk([], { size })).toThrow(RangeError);
  });

  test("a time that is none", () => {
    expect(() => chunk([], { withinMs: NaN })).toThrow(RangeError);
    expect(() => chunk([], { withinMs: "1" as never })).toThrow(TypeError);
    expect(() => chunk([], { size: "1" as never, withinMs: 1 })).toThrow(TypeError);
  });
});
