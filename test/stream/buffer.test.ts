import { describe, expect, test } from "vitest";
import { buffer, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { OVER, Probe } from "./probe.ts";

describe("buffer()", () => {
  test.each([1, 2, 5])("reads %i ahead, and no further", async (size) => {
    const source = new Probe();
    const stream = buffer(source, size);
    for (let taken = 1; taken <= 10; taken++) {
      await stream.next();
      await turn();
      expect(source.asked).toBe(taken + size);
    }
    await stream.return();
  });

  test("reads a sync source ahead no further", async () => {
    let asked = 0;
    function* numbers(): Generator<number> {
      for (;;) yield asked++;
    }
    const stream = buffer(numbers(), 3);
    expect(await stream.next()).toEqual({ value: 0, done: false });
    await turn();
    expect(asked).toBe(4);
    await stream.return();
  });

  test("reads while whoever reads is busy", async () => {
    await withVirtualClock(async (clock) => {
      const items: number[] = [];
      for await (const item of buffer(new Probe({ length: 10, everyMs: 10 }), 1)) {
        await sleep(10);
        items.push(item);
      }
      expect([items.length, clock.now()]).toEqual([10, 110]);
    });
  });

  test("gives a failure after the items that it holds", async () => {
    const failure = new Error("source");
    const source = new Probe({ failsAt: 3, failure });
    const stream = buffer(source, 8);
    await stream.next();
    await turn();
    expect(source.asked).toBe(4);
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([1, 2]);
    await expect(stream.next()).rejects.toBe(failure);
    expect(await stream.next()).toEqual(OVER);
    await stream.return();
  });

  test("throws a failure that nobody was told when it is left, once", async () => {
    const failure = new Error("source");
    const stream = buffer(new Probe({ failsAt: 3, failure }), 8);
    const loop = async (): Promise<void> => {
      for await (const item of stream) {
        await turn();
        if (item === 0) break;
      }
    };
    await expect(loop()).rejects.toBe(failure);
    expect(await stream.return()).toEqual(OVER);
  });

  test("throws a failure that nobody was told in place of a cancellation", async () => {
    const failure = new Error("source");
    const controller = new AbortController();
    const stream = buffer(new Probe({ failsAt: 3, failure }), 8, controller);
    await stream.next();
    await turn();
    controller.abort("enough");
    await expect(stream.next()).rejects.toBe(failure);
    await expect(stream.next()).rejects.toBe("enough");
  });

  test("left open with a failure is reported with it", async () => {
    await withVirtualClock(async () => {
      const reports = await reportsDuring(() =>
        timeout(1_000, async (scope) => {
          const stream = buffer(new Probe({ failsAt: 3, failure: "no" }), 8, at(scope));
          await stream.next();
          await sleep(1, at(scope));
        }),
      );
      expect(reports).toEqual([
        expect.stringContaining("was still open"),
        expect.stringContaining("has failed: no"),
      ]);
    });
  });

  test("in a cancelled scope gives no more of what it holds", async () => {
    await withVirtualClock(async () => {
      const read = timeout(5, async (scope) => {
        const stream = buffer(new Probe(), 8, at(scope));
        await stream.next();
        await sleep(10, at(scope)).catch(() => {});
        await stream.next();
      });
      await expect(read).rejects.toBeInstanceOf(TimeoutError);
    });
  });

  test("may be one over another: leaving it leaves both", async () => {
    const source = new Probe();
    const reports = await reportsDuring(async () => {
      for await (const item of buffer(buffer(source, 2), 3)) if (item === 4) break;
    });
    expect([source.closed, reports]).toEqual([1, []]);
  });

  test("gives 100 000 items that it holds in linear time", async () => {
    const length = 100_000;
    const stream = buffer(
      Array.from({ length }, (_item, i) => i),
      length,
    );
    let sum = 0;
    for await (const item of stream) sum += item;
    expect(sum).toBe((length * (length - 1)) / 2);
  }, 20_000);

  test.each([0, -1, 1.5, NaN, Infinity])("refuses a size of %s", (size) => {
    expect(() => buffer([], size)).toThrow(RangeError);
  });

  test("refuses a size that is no number", () => {
    expect(() => buffer([], "1" as never)).toThrow(
      'Cannot buffer: "size" must be a positive integer, received "1"',
    );
    expect(() => buffer([], undefined as never)).toThrow(TypeError);
  });
});
