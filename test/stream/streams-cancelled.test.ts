// How the functions over streams that give one answer a cancellation.
import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, type ItemStream, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { combiners, OVER, Probe, take } from "./probe.ts";

function onClose(): Promise<never> {
  return Promise.reject(new DOMException("no", "AbortError"));
}

async function* sleeper(): AsyncGenerator<number> {
  await sleep(60_000);
  yield 1;
}

describe.each(combiners)("%s", (_, make, wrap) => {
  test("in a scope that is cancelled closes its source before that ends, and is not reported", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Probe({ everyMs: 10, closeMs: 20 });
      const got: unknown[] = [];
      const reports = await reportsDuring(async () => {
        const read = timeout(25, async (scope) => {
          for await (const item of make(source, at(scope))) got.push(item);
        });
        await expect(read).rejects.toBeInstanceOf(TimeoutError);
        expect([clock.now(), source.closed]).toEqual([45, 1]);
      });
      expect([got, reports]).toEqual([[wrap(0), wrap(1)], []]);
    });
  });

  test("left alone in a scope that is cancelled closes its source before that ends", async () => {
    await withVirtualClock(async (clock) => {
      const source = new Probe({ closeMs: 20 });
      const reports = await reportsDuring(async () => {
        const read = timeout(25, async (scope) => {
          const stream = make(source, at(scope));
          await stream.next();
          await sleep(1_000, at(scope));
        });
        await expect(read).rejects.toBeInstanceOf(TimeoutError);
      });
      expect([clock.now(), source.closed]).toEqual([45, 1]);
      expect(reports).toEqual([expect.stringContaining("was still open")]);
    });
  });

  test("of an async generator is not held up by what that waits for in the scope", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const read = timeout(25, async (scope) => {
        async function* source(): AsyncGenerator<number> {
          try {
            for (let n = 0; ; n++) {
              await sleep(10, at(scope));
              yield n;
            }
          } finally {
            log.push(`closed at ${clock.now()}`);
          }
        }
        for await (const item of make(source(), at(scope))) log.push(String(item));
      });
      const reports = await reportsDuring(() => expect(read).rejects.toBeInstanceOf(TimeoutError));
      expect([log, reports]).toEqual([["0", "1", "closed at 25"], []]);
    });
  });

  ambientTest(
    "that is left cuts short what an async generator waits for (needs ambient scopes)",
    async () => {
      await withVirtualClock(async (clock) => {
        const stream = make(sleeper());
        const next = stream.next();
        await sleep(5);
        const reports = await reportsDuring(() => stream.return());
        expect([clock.now(), await next, reports]).toEqual([5, OVER, []]);
      });
    },
  );

  test("rejects with the reason of its signal, and closes the source first", async () => {
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async (clock) => {
        const controller = new AbortController();
        const source = new Probe({ everyMs: 10, closeMs: 20 });
        const stream = make(source, controller);
        const calls = [stream.next(), stream.next()];
        const outcomes = Promise.allSettled(calls);
        await sleep(5);
        controller.abort("enough");
        expect(await outcomes).toEqual([
          { status: "rejected", reason: "enough" },
          { status: "rejected", reason: "enough" },
        ]);
        expect([clock.now(), source.closed]).toEqual([25, 1]);
        // Until it is left.
        await expect(stream.next()).rejects.toBe("enough");
        await stream.return();
        expect(await stream.next()).toEqual(OVER);
      }),
    );
    expect(unhandled).toEqual([]);
  });

  test("under a signal that is aborted reads nothing, and closes the source", async () => {
    const source = new Probe();
    const stream = make(source, { signal: AbortSignal.abort("before") });
    await expect(stream.next()).rejects.toBe("before");
    await turn();
    expect([source.asked, source.closed]).toEqual([0, 1]);
  });

  test("whose signal aborts before the first next() reads nothing", async () => {
    const source = new Probe();
    const controller = new AbortController();
    const stream = make(source, controller);
    controller.abort("before");
    await expect(stream.next()).rejects.toBe("before");
    expect([source.asked, source.closed]).toEqual([0, 1]);
  });

  test("whose signal aborts in the step in which next() was called reads nothing", async () => {
    const source = new Probe();
    const controller = new AbortController();
    const stream = make(source, controller);
    const next = stream.next();
    controller.abort("at once");
    await expect(next).rejects.toBe("at once");
    expect([source.asked, source.closed]).toEqual([0, 1]);
  });

  test("whose signal aborts in some microtask gives each item or rejects, and closes the source once", async () => {
    for (let delay = 0; delay < 40; delay++) {
      const controller = new AbortController();
      const source = new Probe();
      const stream = make(source, controller);
      const first = stream.next().then(
        ({ value }) => value,
        (error: unknown) => ({ error }),
      );
      for (let i = 0; i < delay; i++) await Promise.resolve();
      controller.abort("enough");
      expect([wrap(0), { error: "enough" }]).toContainEqual(await first);
      await expect(stream.next()).rejects.toBe("enough");
      await stream.return();
      expect(source.closed).toBe(1);
    }
  });

  test("leaves no unhandled rejection where nobody listens to the reader", async () => {
    const unhandled = await unhandledDuring(async () => {
      const controller = new AbortController();
      const stream = make(new Probe({ everyMs: 60_000 }), controller);
      void stream.next();
      await turn();
      controller.abort("enough");
      await turn();
    });
    expect(unhandled).toEqual([]);
  });

  test("throws an error of closing in place of the cancellation", async () => {
    await withVirtualClock(async () => {
      const error = new Error("closing");
      const controller = new AbortController();
      const source = new Probe({ everyMs: 100, onClose: () => Promise.reject(error) });
      const stream = make(source, controller);
      const next = stream.next();
      await sleep(5);
      controller.abort("enough");
      await expect(next).rejects.toBe(error);
      await expect(stream.next()).rejects.toBe("enough");
    });
  });

  test("whose signal aborts ends by itself, also when nobody reads or leaves it", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const sources = [new Probe(), new Probe()];
      const streams = sources.map((source) => make(source, controller));
      await streams[0]!.next();
      controller.abort("enough");
      const reports = await reportsDuring(() => sleep(5_000));
      expect([sources.map(({ closed }) => closed), reports]).toEqual([[1, 1], []]);
      await expect(streams[1]!.next()).rejects.toBe("enough");
    });
  });

  ambientTest(
    "takes it for no failure when closing is cancelled, too (needs ambient scopes)",
    async () => {
      await withVirtualClock(async () => {
        const scope = new CancelScope();
        const streams: ItemStream<unknown>[] = [];
        await reportsDuring(async () => {
          const made = scope.run(async () => {
            streams.push(make(new Probe({ everyMs: 100, onClose })));
            await sleep(1_000);
          });
          const next = streams[0]!.next();
          await sleep(5);
          scope.cancel("enough");
          await expect(next).rejects.toBe(await made.catch((error: unknown) => error));
          expect(await streams[0]!.return()).toEqual(OVER);
        });
      });
    },
  );

  ambientTest("loses no item when a reader is cancelled (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const source = new Probe({ everyMs: 10 });
      const stream = make(source);
      const got: unknown[] = [];
      for (let i = 0; i < 12; i++) {
        await timeout(4, async () => {
          got.push((await stream.next()).value);
        }).catch(() => {});
      }
      await stream.return();
      expect(got.length).toBeGreaterThan(2);
      expect(got).toEqual(got.map((_item, i) => wrap(i)));
    });
  });

  ambientTest(
    "is not begun by a reader that is cancelled already (needs ambient scopes)",
    async () => {
      const source = new Probe();
      const stream = make(source);
      const reader = new CancelScope();
      reader.cancel("no");
      await expect(reader.run(() => stream.next())).rejects.toBeInstanceOf(CancelledError);
      await turn();
      expect(source.asked).toBe(0);
      expect((await stream.next()).value).toEqual(wrap(0));
      await stream.return();
    },
  );

  ambientTest(
    "rejects a reader elsewhere when the scope in which it was made is cancelled (needs ambient scopes)",
    async () => {
      await withVirtualClock(async (clock) => {
        const source = new Probe({ everyMs: 10, closeMs: 20 });
        const scope = new CancelScope();
        const streams: ItemStream<unknown>[] = [];
        const reports = await reportsDuring(async () => {
          const made = scope.run(async () => {
            streams.push(make(source));
            await sleep(1_000);
          });
          const next = streams[0]!.next();
          await sleep(5);
          scope.cancel("enough");
          await expect(next).rejects.toBe(await made.catch((error: unknown) => error));
          expect([clock.now(), source.closed]).toEqual([25, 1]);
          await expect(streams[0]!.next()).rejects.toBeInstanceOf(CancelledError);
        });
        expect(reports).toEqual([expect.stringContaining("was still open")]);
      });
    },
  );

  test.each([true, false])(
    "that is left open in a scope is cancelled, waited for and reported: begun %s",
    async (begun) => {
      await withVirtualClock(async (clock) => {
        const source = new Probe({ closeMs: 20 });
        const reports = await reportsDuring(() =>
          new CancelScope().run(async (scope) => {
            const stream = make(source, at(scope));
            if (begun) await stream.next();
          }),
        );
        expect([clock.now(), source.closed]).toEqual([20, 1]);
        expect(reports).toEqual([expect.stringContaining("was still open")]);
      });
    },
  );

  test("that has ended, failed or was left is not reported, and does not cancel the scope of its source", async () => {
    const signals: AbortSignal[] = [];
    async function* source(n: number): AsyncGenerator<number> {
      const { current } = CancelScope;
      if (current !== undefined) signals.push(current.signal);
      for (let i = 0; i < n; i++) yield i;
    }
    const reports = await reportsDuring(() =>
      new CancelScope().run(async (scope) => {
        await take(make(source(3), at(scope)));
        await turn();
        expect(signals.map(({ aborted }) => aborted)).not.toContain(true);
        await take(make(source(30), at(scope)), 1);
        const failing = make(new Probe({ failsAt: 0, failure: "no" }), at(scope));
        await expect(failing.next()).rejects.toBe("no");
      }),
    );
    expect(reports).toEqual([]);
  });
});
