import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  mapStream,
  type MappedStream,
  type MapStreamOptions,
  now,
  shield,
  sleep,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { Counted, kinds } from "./counted.ts";

const OVER = { value: undefined, done: true };

/** Runs what leaves a stream open in a scope that is cancelled, which is reported. */
async function leavingOpen(body: () => Promise<void>): Promise<void> {
  const reports = await reportsDuring(() => withVirtualClock(body));
  expect(reports).toEqual(["mapStream was still open when the scope around it ended"]);
}

/** What the calls of a stream have done. */
class Calls {
  begun = 0;
  ended = 0;
  readonly log: string[] = [];

  /** Gives items after 10 ms each, and takes 20 ms to clean up when it is cancelled. */
  readonly fn = async (item: number, _index: number, scope: CancelScope): Promise<number> => {
    this.begun++;
    try {
      await sleep(10, at(scope));
      return item;
    } catch (error) {
      await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
      this.log.push(`${item} cleaned up at ${now()}`);
      throw error;
    } finally {
      this.ended++;
    }
  };
}

function check(source: Counted, calls: Calls): void {
  expect([calls.begun, calls.ended, source.closed]).toEqual([4, 4, 1]);
  expect(calls.log).toEqual(["2 cleaned up at 35", "3 cleaned up at 35"]);
}

function notThree(item: number): number {
  if (item === 3) throw new Error("three");
  return item;
}

describe.each(kinds)("leaving a loop over mapStream() of %s", (_, open) => {
  const make = (
    source: Counted,
    calls: Calls,
    options?: Partial<MapStreamOptions<number, number>>,
  ): MappedStream<number> => mapStream(open(source), calls.fn, { concurrency: 2, ...options });

  test("pitfall 15: by break closes the source, waits for its calls, and begins no other", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(100);
      const calls = new Calls();
      for await (const item of make(source, calls)) {
        if (item !== 1) continue;
        await sleep(5);
        break;
      }
      check(source, calls);
      expect(clock.now()).toBe(35);
      await sleep(50);
      expect([calls.begun, source.taken]).toEqual([4, 4]);
    });
  });

  test("by an error, which passes as it is", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(100);
      const calls = new Calls();
      const failure = new Error("in the loop");
      const loop = async (): Promise<void> => {
        for await (const item of make(source, calls)) {
          if (item !== 1) continue;
          await sleep(5);
          throw failure;
        }
      };
      await expect(loop()).rejects.toBe(failure);
      check(source, calls);
    });
  });

  test("by disposal: those who wait are told of the end, when all has ended", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(100);
      const calls = new Calls();
      const log: unknown[] = [];
      {
        await using stream = make(source, calls);
        await stream.next();
        await stream.next();
        for (const name of ["a", "b"]) {
          void stream.next().then(({ done }) => log.push(name, done, clock.now()));
        }
        await sleep(5);
      }
      await clock.runUntilIdle();
      expect(log).toEqual(["a", true, 35, "b", true, 35]);
      check(source, calls);
    });
  });

  test("waits as long for each of several calls of return()", async () => {
    await withVirtualClock(async (clock) => {
      const stream = make(new Counted(100), new Calls());
      await stream.next();
      await sleep(5);
      const log: unknown[] = [];
      for (const name of ["a", "b"]) {
        void stream.return().then((result) => log.push(name, result.done, clock.now()));
      }
      expect(await stream.next()).toEqual(OVER);
      await clock.runUntilIdle();
      expect(log).toEqual(["a", true, 35, "b", true, 35]);
    });
  });

  test("drops what was not taken: to onDiscard, each once", async () => {
    await withVirtualClock(async () => {
      const dropped: number[] = [];
      const calls = new Calls();
      const onDiscard = (value: number): number => dropped.push(value);
      const stream = make(new Counted(100), calls, { buffer: 3, onDiscard });
      expect(await stream.next()).toEqual({ value: 0, done: false });
      await sleep(15);
      expect(dropped).toEqual([]);
      await stream.return();
      expect(dropped).toEqual([1, 2, 3]);
      // 6 of them are allowed, and 0 was taken.
      expect(calls.begun).toBe(6);
    });
  });

  test("drops results that have to wait for their turn, and those that come in spite of it", async () => {
    await withVirtualClock(async () => {
      const dropped: number[] = [];
      const stream = mapStream(
        open(new Counted(3)),
        async (item, _index, scope) => {
          await sleep([1_000, 10, 20][item]!, at(scope)).catch(() => {});
          return { [Symbol.dispose]: () => dropped.push(item) };
        },
        { concurrency: 3 },
      );
      void stream.next();
      await sleep(15);
      await stream.return();
      expect(dropped.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    });
  });

  test("before it was read calls nothing, and closes the source", async () => {
    const source = new Counted(5);
    let returned = 0;
    const iterator = open(source) as Generator<number>;
    const closing = iterator.return.bind(iterator);
    iterator.return = (value) => {
      returned++;
      return closing(value);
    };
    let called = false;
    const stream = mapStream(iterator, () => (called = true), { concurrency: 2 });
    await stream[Symbol.asyncDispose]();
    await stream.return();
    expect(await stream.next()).toEqual(OVER);
    expect([returned, called, source.taken]).toEqual([1, false, 0]);
  });

  test("throws what the source throws when it is closed, once", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(100);
      const failure = new Error("cleanup");
      source.cleanup = { error: failure };
      const stream = make(source, new Calls());
      await stream.next();
      await expect(stream.return()).rejects.toBe(failure);
      await stream.return();
      expect(await stream.next()).toEqual(OVER);
    });
  });

  test("throws what the calls throw while they end, and nothing is unhandled", async () => {
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async () => {
        const failure = new Error("cleanup");
        const stream = mapStream(
          open(new Counted(100)),
          async (item, _index, scope) => {
            if (item === 0) return;
            await sleep(1_000, at(scope)).catch(() => Promise.reject(failure));
          },
          { concurrency: 3 },
        );
        const loop = async (): Promise<void> => {
          for await (const result of stream) {
            await sleep(1);
            if (result === undefined) break;
          }
        };
        await expect(loop()).rejects.toBe(failure);
      }),
    );
    expect(unhandled).toEqual([]);
  });
});

describe.each(kinds)("a cancellation of mapStream() of %s", (_, open) => {
  test("by its signal: the reader gets the raw reason when all calls have ended", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const source = new Counted(100);
      const calls = new Calls();
      const { signal } = controller;
      const stream = mapStream(open(source), calls.fn, { concurrency: 2, signal });
      const next = stream.next();
      await sleep(5);
      controller.abort("tired");
      await expect(next).rejects.toBe("tired");
      expect([clock.now(), calls.begun, calls.ended, source.closed]).toEqual([25, 2, 2, 1]);
      // Until it is left.
      await expect(stream.next()).rejects.toBe("tired");
      await stream.return();
      expect(await stream.next()).toEqual(OVER);
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    });
  });

  test("is heard between two reads: what was not taken is dropped, and nothing begins", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const source = new Counted(100);
      const calls = new Calls();
      const dropped: number[] = [];
      const stream = mapStream(open(source), calls.fn, {
        concurrency: 2,
        signal: controller.signal,
        onDiscard: (value) => dropped.push(value),
      });
      await stream.next();
      await sleep(15);
      controller.abort("tired");
      await expect(stream.next()).rejects.toBe("tired");
      expect([dropped, calls.begun, calls.ended, source.closed]).toEqual([[1, 2], 3, 3, 1]);
    });
  });

  test("before it is read closes the source, and calls nothing", async () => {
    const source = new Counted(100);
    const iterator = open(source) as Generator<number>;
    let returned = 0;
    const closing = iterator.return.bind(iterator);
    iterator.return = (value) => {
      returned++;
      return closing(value);
    };
    const calls = new Calls();
    const signal = AbortSignal.abort("before");
    const stream = mapStream(iterator, calls.fn, { concurrency: 2, signal });
    for (let i = 0; i < 2; i++)
      await stream.next().catch((error: unknown) => expect(error).toBe("before"));
    expect([returned, calls.begun]).toEqual([1, 0]);
  });

  test("by the timeout of a scope around it", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(100);
      const calls = new Calls();
      const reports = await reportsDuring(async () => {
        const read = timeout(25, async (scope) => {
          const stream = mapStream(open(source), calls.fn, { concurrency: 2, ...at(scope) });
          for await (const item of stream) expect(item).toBeLessThan(4);
        });
        await expect(read).rejects.toBeInstanceOf(TimeoutError);
      });
      expect([clock.now(), calls.begun, calls.ended, source.closed]).toEqual([45, 6, 6, 1]);
      expect(reports).toEqual([]);
    });
  });

  test("by one of its calls begins no further item, and the reader gets the CancelledError", async () => {
    const begun: number[] = [];
    const source = new Counted(100);
    const stream = mapStream(
      open(source),
      (item, _index, scope) => {
        begun.push(item);
        if (item === 1) scope.cancel("enough");
        return item;
      },
      { concurrency: 1 },
    );
    expect((await stream.next()).value).toBe(0);
    await expect(stream.next()).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
    expect([begun, source.closed]).toEqual([[0, 1], 1]);
    expect(await stream.next()).toEqual(OVER);
  });

  test("by its last call is told, though nothing else is missing", async () => {
    const dropped: number[] = [];
    const stream = mapStream(
      open(new Counted(1)),
      async (item, _index, scope) => {
        await turn();
        scope.cancel("enough");
        return item;
      },
      { concurrency: 2, onDiscard: (value) => dropped.push(value) },
    );
    await expect(stream.next()).rejects.toMatchObject({ reason: "enough" });
    expect(dropped).toEqual([0]);
    expect(await stream.next()).toEqual(OVER);
  });

  test("leaves no unhandled rejection where nobody listens to the reader", async () => {
    const controller = new AbortController();
    const unhandled = await unhandledDuring(async () => {
      const { signal } = controller;
      const stream = mapStream(open(new Counted(5)), () => sleep(60_000, { signal }), {
        concurrency: 2,
        signal,
      });
      void stream.next();
      await turn();
      controller.abort("enough");
      void stream.next();
      await stream.return();
    });
    expect(unhandled).toEqual([]);
  });

  test("does not wait for the item that the source is asked for, without return()", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const items = {
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }),
      };
      const stream = mapStream(items, () => 1, { concurrency: 1, signal: controller.signal });
      const next = stream.next();
      await sleep(5);
      controller.abort("tired");
      await expect(next).rejects.toBe("tired");
      expect(clock.now()).toBe(5);
    });
  });

  test("in the same tick as a result gives one of the two, and never both", async () => {
    for (let microtasks = 0; microtasks < 12; microtasks++) {
      const controller = new AbortController();
      const dropped: number[] = [];
      const source = new Counted(10);
      const gate = deferred();
      const stream = mapStream(
        open(source),
        async (item) => {
          await gate.promise;
          return item;
        },
        { concurrency: 1, signal: controller.signal, onDiscard: (value) => dropped.push(value) },
      );
      const outcome = stream.next().then(
        ({ value }) => value,
        (error: unknown) => error,
      );
      await turn();
      gate.resolve();
      for (let i = 0; i < microtasks; i++) await Promise.resolve();
      controller.abort("tired");
      const got = await outcome;
      await turn();
      if (got === 0) expect(dropped).not.toContain(0);
      else expect([got, dropped]).toEqual(["tired", [0]]);
      expect(source.closed).toBe(1);
    }
  });
});

describe("a reader of mapStream() that is cancelled while it waits", () => {
  ambientTest("loses no item, and the next one gets it (needs ambient scopes)", async () => {
    await withVirtualClock(async (clock) => {
      const stream = mapStream(
        [0, 1, 2],
        async (item) => {
          await sleep(30);
          return item;
        },
        { concurrency: 1 },
      );
      await expect(timeout(10, () => stream.next())).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(10);
      expect([(await stream.next()).value, clock.now()]).toEqual([0, 30]);
      await expect(timeout(10, () => stream.next())).rejects.toBeInstanceOf(TimeoutError);
      await sleep(100);
      expect([(await stream.next()).value, (await stream.next()).value]).toEqual([1, 2]);
      expect(await stream.next()).toEqual(OVER);
    });
  });

  ambientTest(
    "leaves its place in the line to those behind it (needs ambient scopes)",
    async () => {
      await withVirtualClock(async () => {
        const stream = mapStream([0, 1], (item) => sleep(30).then(() => item), { concurrency: 1 });
        const first = timeout(10, () => stream.next()).catch((error: Error) => error.name);
        const second = stream.next();
        expect([await first, await second]).toEqual(["TimeoutError", { value: 0, done: false }]);
        await stream.return();
      });
    },
  );

  ambientTest(
    "elsewhere is told of a cancellation of the stream (needs ambient scopes)",
    async () => {
      await leavingOpen(async () => {
        const maker = new CancelScope();
        let stream: MappedStream<void> | undefined;
        const made = maker.run(async () => {
          stream = mapStream([1, 2], () => sleep(1_000), { concurrency: 1 });
          await sleep(1_000);
        });
        const next = stream!.next();
        await sleep(5);
        maker.cancel("enough");
        await expect(next).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
        await expect(made).rejects.toBeInstanceOf(CancelledError);
        await expect(stream!.next()).rejects.toMatchObject({ reason: "enough" });
      });
    },
  );

  ambientTest("elsewhere and later, too, until it is left (needs ambient scopes)", async () => {
    await leavingOpen(async () => {
      const maker = new CancelScope();
      let stream: MappedStream<number> | undefined;
      const made = maker.run(async () => {
        stream = mapStream([1, 2, 3], (item) => item, { concurrency: 1 });
        await stream.next();
        await sleep(1_000);
      });
      await sleep(5);
      maker.cancel("enough");
      await made.catch(() => {});
      const calls = [stream!.next(), stream!.next()];
      for (const next of calls) await expect(next).rejects.toMatchObject({ reason: "enough" });
      await stream!.return();
      expect(await stream!.next()).toEqual(OVER);
    });
  });
});

describe("mapStream() that is left open in a scope", () => {
  test("is cancelled, waited for and reported, and what was not taken is dropped", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Counted(100);
      const calls = new Calls();
      const dropped: number[] = [];
      const reports = await reportsDuring(() =>
        new CancelScope().run(async (scope) => {
          const stream = mapStream(source.items(), calls.fn, {
            concurrency: 2,
            onDiscard: (value) => dropped.push(value),
            ...at(scope),
          });
          await stream.next();
          await sleep(5);
        }),
      );
      expect(reports).toEqual([expect.stringContaining("was still open")]);
      expect([clock.now(), dropped, calls.begun, calls.ended]).toEqual([35, [1], 3, 3]);
      expect(source.closed).toBe(1);
    });
  });

  test("is not reported when nobody has read it", async () => {
    const reports = await reportsDuring(() =>
      new CancelScope().run(async (scope) => {
        mapStream([1, 2], (item) => item, { concurrency: 2, ...at(scope) });
      }),
    );
    expect(reports).toEqual([]);
  });

  test("is not reported when it was read to its end, left, or has failed", async () => {
    const reports = await reportsDuring(() =>
      new CancelScope().run(async (scope) => {
        const options = { concurrency: 2, ...at(scope) };
        for await (const item of mapStream([1, 2], (n) => n, options)) expect(item).toBeLessThan(3);
        for await (const item of mapStream([1, 2], (n) => n, options)) if (item === 1) break;
        const failing = mapStream([1, 2], () => Promise.reject(new Error("no")), options);
        await expect(failing.next()).rejects.toThrow("no");
      }),
    );
    expect(reports).toEqual([]);
  });

  test("is not reported when all was taken, though nobody asked for the end", async () => {
    const reports = await reportsDuring(() =>
      new CancelScope().run(async (scope) => {
        const stream = mapStream([1, 2, 3], (n) => n, { concurrency: 3, ...at(scope) });
        await stream.next();
        await turn();
        await stream.next();
        await stream.next();
        await turn();
      }),
    );
    expect(reports).toEqual([]);
  });

  test("is reported with a failure that nobody was told", async () => {
    const reports = await reportsDuring(() =>
      new CancelScope().run(async (scope) => {
        const stream = mapStream([1, 2, 3], notThree, { concurrency: 3, ...at(scope) });
        await stream.next();
        await turn();
      }),
    );
    expect(reports).toEqual([
      expect.stringContaining("was still open"),
      expect.stringContaining("Error: three"),
    ]);
  });
});

ambientTest(
  "mapStream() belongs to the scope in which it was made, whoever reads first (needs ambient scopes)",
  async () => {
    await leavingOpen(async () => {
      let stream: MappedStream<number> | undefined;
      const maker = new CancelScope();
      const made = maker.run(async () => {
        stream = mapStream([1, 2, 3], (item) => sleep(100).then(() => item), { concurrency: 1 });
        await sleep(1_000);
      });
      const reader = new CancelScope();
      await reader.run(() => stream!.next());
      expect((await stream!.next()).value).toBe(2);
      maker.cancel("enough");
      await expect(stream!.next()).rejects.toMatchObject({ reason: "enough" });
      await made.catch(() => {});
    });
  },
);
