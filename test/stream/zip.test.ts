import { describe, expect, test } from "vitest";
import { failuresOf, sleep, zip } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect, OVER, Probe } from "./probe.ts";

describe("zip()", () => {
  test("gives the first item of each, then the second", async () => {
    expect(await collect(zip([[1, 2], "ab", new Probe({ length: 2 })]))).toEqual([
      [1, "a", 0],
      [2, "b", 1],
    ]);
  });

  test("of no sources gives nothing, as of one that is empty", async () => {
    expect(await collect(zip([]))).toEqual([]);
    expect(await collect(zip([], { strict: true }))).toEqual([]);
    expect(await collect(zip([[], [1]]))).toEqual([]);
  });

  test("asks all at the same time, in the order of the sources", async () => {
    await withVirtualClock(async (clock) => {
      const asked: string[] = [];
      const source = (name: string, ms: number): AsyncIterable<string> => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            asked.push(name);
            await sleep(ms);
            return { value: name, done: false };
          },
        }),
      });
      const stream = zip([source("a", 30), source("b", 10), source("c", 20)]);
      expect((await stream.next()).value).toEqual(["a", "b", "c"]);
      expect([asked, clock.now()]).toEqual([["a", "b", "c"], 30]);
      await stream.return();
    });
  });

  test("reads nothing while nobody asks", async () => {
    const sources = [new Probe(), new Probe()];
    const stream = zip(sources);
    for (let taken = 1; taken <= 5; taken++) {
      await stream.next();
      await turn();
      expect(sources.map(({ asked }) => asked)).toEqual([taken, taken]);
    }
    await stream.return();
    expect(sources.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  test("ends with the shortest: the others are closed and waited for, but not what they do", async () => {
    await withVirtualClock(async (clock) => {
      const idle = new Probe({ closeMs: 20 });
      const busy = new Probe({ everyMs: 1_000, closeMs: 30 });
      const short = new Probe({ length: 0 });
      const reports = await reportsDuring(async () => {
        expect(await collect(zip([idle, short, busy]))).toEqual([]);
      });
      expect([clock.now(), idle.closed, busy.closed, short.closing]).toEqual([30, 1, 1, 0]);
      expect(reports).toEqual([]);
    });
  });

  ambientTest("cuts short what the longer ones wait for (needs ambient scopes)", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      async function* slow(): AsyncGenerator<number> {
        try {
          await sleep(60_000);
          yield 1;
        } finally {
          log.push("closed");
        }
      }
      const reports = await reportsDuring(() => collect(zip([slow(), [] as number[]])));
      expect([clock.now(), log, reports]).toEqual([0, ["closed"], []]);
    });
  });

  test.each([new Error("source"), undefined, 0])(
    "throws a failure as it is, after the others are closed and waited for: %s",
    async (failure) => {
      const unhandled = await unhandledDuring(() =>
        withVirtualClock(async (clock) => {
          const others = [new Probe({ everyMs: 1_000, closeMs: 20 }), new Probe({ closeMs: 10 })];
          const failing = new Probe({ everyMs: 5, failsAt: 0, failure });
          const stream = zip([others[0]!, failing, others[1]!]);
          const outcome = await stream.next().catch((error: unknown) => ({ error }));
          expect(outcome).toEqual({ error: failure });
          expect([clock.now(), others.map(({ closed }) => closed)]).toEqual([25, [1, 1]]);
          expect(await stream.next()).toEqual(OVER);
        }),
      );
      expect(unhandled).toEqual([]);
    },
  );

  test("with two failures in one step throws one, and leaves none unhandled", async () => {
    const unhandled = await unhandledDuring(async () => {
      const stream = zip([
        new Probe({ failsAt: 0, failure: "a" }),
        new Probe({ failsAt: 0, failure: "b" }),
        {
          [Symbol.iterator]: (): Iterator<number> => ({
            next: () => {
              throw new Error("sync");
            },
          }),
        },
      ]);
      await expect(stream.next()).rejects.toBeDefined();
      await turn();
    });
    expect(unhandled).toEqual([]);
  });

  test("keeps what fails while the others are closed", async () => {
    const failure = new Error("source");
    const closing = new Error("closing");
    const stream = zip([
      new Probe({ onClose: () => Promise.reject(closing) }),
      new Probe({ failsAt: 0, failure }),
    ]);
    await expect(stream.next()).rejects.toBe(failure);
    expect(failuresOf(failure)).toEqual([failure, closing]);
  });

  test("throws what closing the longer ones throws, in place of the end", async () => {
    const closing = new Error("closing");
    const stream = zip([[], new Probe({ onClose: () => Promise.reject(closing) })]);
    await expect(stream.next()).rejects.toBe(closing);
    expect(await stream.next()).toEqual(OVER);
  });

  test("may be given one iterator twice", async () => {
    const numbers = new Probe({ length: 5 });
    expect(await collect(zip([numbers, numbers]))).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("refuses a strict that is no boolean", () => {
    expect(() => zip([], { strict: "no" as never })).toThrow(
      new TypeError('Cannot zip: "strict" must be a boolean, received "no"'),
    );
  });

  test("refuses what are no sources", () => {
    expect(() => zip([[], 1 as never])).toThrow(
      'Cannot zip: "sources[1]" must be an iterable or an async iterable, received 1',
    );
    expect(() => zip(new Set([[1]]) as never)).toThrow('"sources" must be an array');
    expect(() => zip([], null as never)).toThrow(TypeError);
  });
});

describe("a strict zip()", () => {
  test("ends when all end together", async () => {
    const sources = [new Probe({ length: 2 }), [1, 2]] as const;
    expect(await collect(zip(sources, { strict: true }))).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(sources[0].closing).toBe(0);
  });

  test.each([
    [2, 1, 0],
    [1, 2, 1],
  ])("throws a RangeError when one is longer: %i and %i items", async (first, second, closed) => {
    await withVirtualClock(async (clock) => {
      const sources = [
        new Probe({ length: first, closeMs: 20 }),
        new Probe({ length: second, everyMs: 5, closeMs: 20 }),
      ] as const;
      const stream = zip(sources, { strict: true });
      expect((await stream.next()).value).toEqual([0, 0]);
      const next = stream.next();
      await expect(next).rejects.toThrow(RangeError);
      await expect(next).rejects.toThrow(
        `Cannot zip: expected sources of one length, received sources[${1 - closed}] that ended before sources[${closed}]`,
      );
      expect([clock.now(), sources[closed]!.closed, sources[1 - closed]!.closing]).toEqual([
        30, 1, 0,
      ]);
    });
  });
});
