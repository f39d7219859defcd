import { describe, expect, test } from "vitest";
import { failuresOf, mapStream, merge, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect, OVER, Probe, take } from "./probe.ts";

function named(name: string, source: AsyncIterable<number>): AsyncIterable<string> {
  const iterator = source[Symbol.asyncIterator]();
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const { value, done } = await iterator.next();
        return done === true ? { value, done } : { value: `${name}${value}`, done: false };
      },
      return: async () => {
        await iterator.return?.();
        return { value: undefined, done: true };
      },
    }),
  };
}

async function* mappedProbes(): AsyncGenerator<AsyncIterable<number>> {
  for (const everyMs of [5, 15]) {
    const source = new Probe({ length: 2, everyMs });
    yield mapStream(source, (item) => item, { concurrency: 1 });
  }
}

describe("merge()", () => {
  test("gives items as they come, and ends when all have ended", async () => {
    await withVirtualClock(async (clock) => {
      const items = await collect(
        merge([
          named("a", new Probe({ length: 3, everyMs: 10 })),
          named("b", new Probe({ length: 2, everyMs: 16 })),
          [],
        ]),
      );
      expect([items, clock.now()]).toEqual([["a0", "b0", "a1", "a2", "b1"], 48]);
    });
  });

  test("of no sources gives nothing", async () => {
    expect(await collect(merge([]))).toEqual([]);
  });

  test.each([0, 1, 3])(
    "takes from all in turn that have an item, be they sync or async: buffer %i",
    async (buffer) => {
      const sources = ["a", "b"].map((name) => named(name, new Probe({ length: 20 })));
      const stream = merge([sources[0]!, "c".repeat(20), sources[1]!, "d".repeat(20)], { buffer });
      const taken: string[] = [];
      for (let i = 0; i < 80; i++) {
        taken.push((await stream.next()).value![0]!);
        // Until all that are asked have answered.
        await turn();
      }
      expect(await stream.next()).toEqual(OVER);
      // While the reader is in time, a buffer has each in it before any is in it twice.
      for (let i = 8; i + 4 <= 72; i++) {
        expect(new Set(taken.slice(i, i + 4)).size).toBe(4);
      }
    },
  );

  test("takes from sources that are always ready in turn, also when nobody keeps them waiting", async () => {
    const counts = new Map<string, number>();
    const sources = ["a", "b", "c"].map((name) => named(name, new Probe()));
    let taken = 0;
    for await (const item of merge([...sources, "d".repeat(3_000)])) {
      counts.set(item[0]!, (counts.get(item[0]!) ?? 0) + 1);
      if (++taken === 3_000) break;
    }
    for (const count of counts.values()) expect(count).toBeGreaterThan(500);
    expect(counts.size).toBe(4);
  });

  test("gives an item of a slow source before the next ones of those that are always ready", async () => {
    const slow = deferred<number>();
    const source = (async function* (): AsyncGenerator<number> {
      yield await slow.promise;
    })();
    const stream = merge([new Probe(), new Probe(), source]);
    for (let i = 0; i < 10; i++) await stream.next();
    slow.resolve(-1);
    await turn();
    const next = [await stream.next(), await stream.next(), await stream.next()];
    expect(next.map(({ value }) => value)).toContain(-1);
    await stream.return();
  });

  test.each([0, 1, 4])(
    "reads each source one item ahead at most, and holds %i more",
    async (buffer) => {
      const sources = [new Probe(), new Probe(), new Probe({ length: 2 })];
      const stream = merge(sources, { buffer });
      for (let taken = 1; taken <= 20; taken++) {
        await stream.next();
        await turn();
        const ahead = sources.reduce((sum, { asked }) => sum + asked, 0) - taken;
        // The short source was asked a third time, for its end.
        expect(ahead).toBeLessThanOrEqual(buffer + sources.length + 1);
        expect(ahead).toBeGreaterThanOrEqual(Math.min(buffer, 2));
      }
      await stream.return();
      expect(sources.map(({ closed }) => closed)).toEqual([1, 1, 0]);
    },
  );

  test("ends with the first failure, after the others are closed: they are waited for", async () => {
    await withVirtualClock(async (clock) => {
      const failure = new Error("source");
      const others = [new Probe({ everyMs: 1_000, closeMs: 20 }), new Probe({ closeMs: 30 })];
      const failing = new Probe({ everyMs: 10, failsAt: 0, failure });
      const stream = merge([others[0]!, failing, others[1]!]);
      expect(await stream.next()).toEqual({ value: 0, done: false });
      await sleep(5);
      await expect(
        (async () => {
          for (;;) {
            await stream.next();
            await sleep(20);
          }
        })(),
      ).rejects.toBe(failure);
      expect(others.map(({ closed }) => closed)).toEqual([1, 1]);
      expect(failing.closing).toBe(0);
      expect(clock.now()).toBeLessThanOrEqual(45);
      expect(await stream.next()).toEqual(OVER);
    });
  });

  test.each([undefined, null, 0, ""])(
    "throws %s as it is when a source fails with it",
    async (failure) => {
      const unhandled = await unhandledDuring(async () => {
        const stream = merge([new Probe({ everyMs: 60_000 }), new Probe({ failsAt: 0, failure })]);
        const outcome = await stream.next().catch((error: unknown) => ({ error }));
        expect(outcome).toEqual({ error: failure });
        expect(await stream.next()).toEqual(OVER);
      });
      expect(unhandled).toEqual([]);
    },
  );

  test("keeps what fails while the others are closed", async () => {
    const failure = new Error("source");
    const closing = new Error("closing");
    const stream = merge([
      new Probe({ everyMs: 60_000, onClose: () => Promise.reject(closing) }),
      new Probe({ failsAt: 0, failure }),
    ]);
    await expect(stream.next()).rejects.toBe(failure);
    expect(failuresOf(failure)).toEqual([failure, closing]);
  });

  test("of two failures in one step throws the first, and loses none", async () => {
    const failures = [new Error("a"), new Error("b")];
    const unhandled = await unhandledDuring(async () => {
      const stream = merge(failures.map((failure) => new Probe({ failsAt: 0, failure })));
      await expect(stream.next()).rejects.toBe(failures[0]);
      expect(failuresOf(failures[0]).slice(0, 1)).toEqual([failures[0]]);
    });
    expect(unhandled).toEqual([]);
  });

  test("closes all at once when it is left", async () => {
    await withVirtualClock(async (clock) => {
      const sources = [1, 2, 3].map((n) => new Probe({ closeMs: n * 10 }));
      await take(merge(sources), 1);
      expect([clock.now(), sources.map(({ closed }) => closed)]).toEqual([30, [1, 1, 1]]);
    });
  });

  describe("of sources that come one after the other", () => {
    test("reads them together, and closes them all", async () => {
      const sources = [0, 1, 2].map(() => new Probe({ length: 2 }));
      expect(
        (
          await collect(
            merge(
              (async function* () {
                yield* sources;
              })(),
            ),
          )
        ).toSorted((a, b) => a - b),
      ).toEqual([0, 0, 0, 1, 1, 1]);
    });

    test("reads streams to their end that were made by what gives them", async () => {
      const reports = await reportsDuring(() =>
        withVirtualClock(async () => {
          expect(await collect(merge(mappedProbes()))).toEqual([0, 1, 0, 1]);
        }),
      );
      expect(reports).toEqual([]);
    });

    test("asks for no further one while nobody reads, and holds on to none that has ended", async () => {
      let opened = 0;
      let closed = false;
      async function* sources(): AsyncGenerator<number[]> {
        try {
          for (;;) yield [opened++];
        } finally {
          closed = true;
        }
      }
      const stream = merge(sources());
      for (let taken = 1; taken <= 20; taken++) {
        expect((await stream.next()).done).toBe(false);
        await turn();
        expect(opened).toBeLessThanOrEqual(taken + 1);
      }
      await stream.return();
      expect(closed).toBe(true);
    });

    test("fails when they do, and closes those that are open", async () => {
      const failure = new Error("sources");
      const source = new Probe({ everyMs: 60_000 });
      const stream = merge(
        (async function* () {
          yield source;
          throw failure;
        })(),
      );
      await expect(stream.next()).rejects.toBe(failure);
      expect(source.closed).toBe(1);
    });

    test("fails when one is none", async () => {
      const source = new Probe({ everyMs: 60_000 });
      let closed = false;
      const stream = merge(
        (async function* () {
          try {
            yield source;
            yield 1 as never;
          } finally {
            closed = true;
          }
        })(),
      );
      await expect(stream.next()).rejects.toThrow(
        'Cannot merge: "source" must be an iterable or an async iterable, received 1',
      );
      expect([source.closed, closed]).toEqual([1, true]);
    });

    test("closes them when one of the open ones fails", async () => {
      let closed = false;
      const failure = new Error("source");
      const stream = merge(
        (async function* () {
          try {
            yield new Probe({ failsAt: 0, failure });
            yield new Probe({ everyMs: 60_000 });
            for (;;) yield [];
          } finally {
            closed = true;
          }
        })(),
      );
      await expect(stream.next()).rejects.toBe(failure);
      expect(closed).toBe(true);
    });
  });

  test("reads a thousand sources of a hundred items in linear time", async () => {
    let sum = 0;
    const sources = Array.from({ length: 1_000 }, () => Array.from({ length: 100 }, () => 1));
    for await (const item of merge(sources)) sum += item;
    expect(sum).toBe(100_000);
  }, 20_000);

  test("is not reported when it has ended", async () => {
    expect(await reportsDuring(() => collect(merge([[1], [2]])))).toEqual([]);
  });

  test.each([-1, 1.5, NaN])("refuses a buffer of %s", (buffer) => {
    expect(() => merge([], { buffer })).toThrow(RangeError);
  });

  test("refuses what are no sources", () => {
    expect(() => merge([[], 1 as never])).toThrow(
      'Cannot merge: "sources[1]" must be an iterable or an async iterable, received 1',
    );
    expect(() => merge(1 as never)).toThrow('"sources" must be an iterable');
    expect(() => merge([], { buffer: "1" as never })).toThrow(TypeError);
  });
});
