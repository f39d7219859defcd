// What all functions over streams have in common that give one.
import { describe, expect, test } from "vitest";
import { DeadlockError, type ItemStream, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect, combiners, OVER, Probe, take } from "./probe.ts";

function* endless(): Generator<number> {
  for (let n = 0; ; n++) yield n;
}

describe.each(combiners)("%s", (_, make, wrap) => {
  test("gives the items in order, and is done for good after them", async () => {
    for (const source of [new Probe({ length: 20 }), Array.from({ length: 20 }, (_item, i) => i)]) {
      const stream = make<number>(source);
      expect(await collect(stream)).toEqual(Array.from({ length: 20 }, (_item, i) => wrap(i)));
      expect(await stream.next()).toEqual(OVER);
      expect(await stream.return()).toEqual(OVER);
      await stream[Symbol.asyncDispose]();
      expect(await collect(stream)).toEqual([]);
    }
  });

  test("gives nothing of an empty source", async () => {
    expect(await collect(make([]))).toEqual([]);
    expect(await collect(make(new Probe({ length: 0 })))).toEqual([]);
  });

  test("keeps items as they are, also promises", async () => {
    const rejected = Promise.reject(new Error("an item"));
    rejected.catch(() => {});
    const items = [undefined, null, 0, "", Promise.resolve(1), rejected];
    let index = 0;
    for await (const item of make(items)) {
      const [got] = [item].flat();
      // By identity: promises are all equal otherwise.
      expect(got === items[index++]).toBe(true);
    }
    expect(index).toBe(items.length);
  });

  test("reads nothing before the first next(), and nothing after the last", async () => {
    const source = new Probe();
    const stream = make(source);
    await turn();
    expect(source.asked).toBe(0);
    await stream.next();
    await stream.return();
    const { asked } = source;
    await turn();
    expect([asked, source.asked, source.closed]).toEqual([Math.min(asked, 4), asked, 1]);
  });

  test("left by break closes the source, and waits for that", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Probe({ closeMs: 30 });
      const stream = make(source);
      for await (const item of stream) if (String(item) === "2") break;
      expect([clock.now(), source.closing, source.closed]).toEqual([30, 1, 1]);
      expect(await stream.next()).toEqual(OVER);
    });
  });

  test("left before it began closes the source", async () => {
    const source = new Probe();
    const stream = make(source);
    expect(await stream.return()).toEqual(OVER);
    expect([source.asked, source.closed]).toEqual([0, 1]);
    expect(await stream.next()).toEqual(OVER);
  });

  test("left while an item is under way does not wait for it: who does is told of the end", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Probe({ everyMs: 1_000 });
      const stream = make(source);
      const calls = [stream.next(), stream.next()];
      await sleep(5);
      await stream.return();
      expect(clock.now()).toBe(5);
      expect(await Promise.all(calls)).toEqual([OVER, OVER]);
    });
  });

  test("that is left lets an error of return() through, once", async () => {
    const error = new Error("closing");
    const source = new Probe({ onClose: () => Promise.reject(error) });
    const stream = make(source);
    const loop = async (): Promise<void> => {
      await take(stream, 1);
    };
    await expect(loop()).rejects.toBe(error);
    expect(await stream.return()).toEqual(OVER);
    expect(await stream.next()).toEqual(OVER);
  });

  test("that is left closes a sync source, and lets its error through", async () => {
    const error = new Error("closing");
    let closed = 0;
    function* numbers(): Generator<number> {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed++;
        // oxlint-disable-next-line no-unsafe-finally -- what is tested
        throw error;
      }
    }
    const stream = make(numbers());
    await stream.next();
    await expect(stream.return()).rejects.toBe(error);
    expect(closed).toBe(1);
  });

  test("reports a source that does not close after 5 s, and goes on", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Probe({ onClose: () => new Promise(() => {}) });
      const reports = await reportsDuring(async () => {
        await take(make(source), 1);
      });
      expect(clock.now()).toBe(5_000);
      expect(reports.filter((line) => line.includes("not closed within 5000 ms"))).toHaveLength(1);
    });
  });

  test.each([new Error("source"), undefined, null, 0, "", false])(
    "throws what the source throws as it is after the items before it, once: %s",
    async (failure) => {
      const unhandled = await unhandledDuring(async () => {
        const source = new Probe({ failsAt: 2, failure });
        const stream = make(source);
        const got: unknown[] = [];
        const loop = async (): Promise<void> => {
          for await (const item of stream) got.push(item);
        };
        const outcome = await loop().then(
          () => "done",
          (error: unknown) => ({ error }),
        );
        expect(outcome).toEqual({ error: failure });
        expect(got).toEqual([wrap(0), wrap(1)]);
        expect(await stream.next()).toEqual(OVER);
        await stream.return();
        // It has ended by that.
        expect([source.asked, source.closing]).toEqual([3, 0]);
      });
      expect(unhandled).toEqual([]);
    },
  );

  test("throws what a sync source throws", async () => {
    const failure = new Error("source");
    const stream = make(
      (function* (): Generator<number> {
        yield 0;
        throw failure;
      })(),
    );
    expect(await stream.next()).toEqual({ value: wrap(0), done: false });
    await expect(stream.next()).rejects.toBe(failure);
    expect(await stream.next()).toEqual(OVER);
  });

  test("fails when the source gives no iterator result", async () => {
    const source = { [Symbol.asyncIterator]: () => ({ next: async () => null as never }) };
    await expect(make(source).next()).rejects.toBeInstanceOf(TypeError);
  });

  test("serves concurrent calls of next() in order: a failure goes to the first in line", async () => {
    const log: unknown[] = [];
    const failure = new Error("source");
    const stream = make(new Probe({ failsAt: 2, failure }));
    const calls = Array.from({ length: 5 }, () =>
      stream.next().then(
        (result) => void log.push(result.done === true ? "over" : result.value),
        (error: unknown) => void log.push(error),
      ),
    );
    await Promise.all(calls);
    expect(log).toEqual([wrap(0), wrap(1), failure, "over", "over"]);
  });

  test("serves concurrent calls of next() with the end in order", async () => {
    const log: unknown[] = [];
    const stream = make(new Probe({ length: 1, everyMs: 0 }));
    const calls = ["a", "b", "c"].map((name) =>
      stream.next().then(({ done }) => void log.push([name, done])),
    );
    await Promise.all(calls);
    expect(log).toEqual([
      ["a", false],
      ["b", true],
      ["c", true],
    ]);
  });

  test("lets the event loop live while it reads an endless sync source", async () => {
    let late = false;
    setImmediate(() => (late = true));
    let count = 0;
    const stream = make(endless());
    while (!late && ++count < 200_000) await stream.next();
    await stream.return();
    expect(late).toBe(true);
  });

  test("lets the event loop live while it reads an async source that is always ready", async () => {
    let late = false;
    setImmediate(() => (late = true));
    let count = 0;
    const stream = make(new Probe());
    while (!late && ++count < 200_000) await stream.next();
    await stream.return();
    expect(late).toBe(true);
  });

  test.each(["sync", "async"])("gives many items of a %s source", async (kind) => {
    const length = 10_000;
    let sum = 0;
    const source =
      kind === "sync" ? Array.from({ length }, (_item, i) => i) : new Probe({ length });
    for await (const item of make<number>(source)) sum += Number(item);
    expect(sum).toBe((length * (length - 1)) / 2);
  });

  ambientTest("refuses to be read or left by its own source (needs ambient scopes)", async () => {
    const streams: ItemStream<unknown>[] = [];
    async function* source(): AsyncGenerator<number> {
      await expect(streams[0]!.next()).rejects.toBeInstanceOf(DeadlockError);
      await expect(streams[0]!.return()).rejects.toBeInstanceOf(DeadlockError);
      yield 1;
    }
    streams.push(make(source()));
    expect(await collect(streams[0]!)).toEqual([wrap(1)]);
  });

  test("refuses what is no source, and options that are none", () => {
    for (const source of [null, undefined, 1, {}, () => {}, { [Symbol.asyncIterator]: 1 }]) {
      expect(() => make(source as never)).toThrow(TypeError);
    }
    expect(() => make([], { signal: "no" as never })).toThrow(TypeError);
  });
});
