import { describe, expect, test, vi } from "vitest";
import { any, cancellable, CancelScope, gather, map, now, race, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

/** A value whose disposal takes `ms`. */
function slow(log: string[], ms: number): AsyncDisposable {
  return {
    [Symbol.asyncDispose]: async () => {
      log.push("disposing");
      await sleep(ms);
      log.push(`disposed at ${now()}`);
    },
  };
}

/** Gives `value` in spite of a cancellation. */
function late<T>(value: T): (scope: CancelScope) => Promise<T> {
  return async (scope) => {
    await sleep(1_000, at(scope)).catch(() => {});
    return value;
  };
}

/** Ways to have the library dispose of a value, at 0 ms, where all is cancelled. */
const disposals: Record<string, (value: unknown) => unknown> = {
  "a late loser of race()": (value) => race<unknown>([() => "won", late(value)]),
  "a late loser of any()": (value) => any<unknown>([() => "won", late(value)]),
  "a result of gather() in a cancelled scope": async (value) => {
    const outer = new CancelScope();
    const run = outer.run((scope) =>
      gather([() => value, (inner) => sleep(1_000, at(inner))], at(scope)),
    );
    outer.cancel();
    await run.catch(() => {});
  },
  "a result of map() in a cancelled scope": async (value) => {
    const outer = new CancelScope();
    const run = outer.run((scope) =>
      map([0, 1], (i, _, inner) => (i === 0 ? value : sleep(1_000, at(inner))), {
        concurrency: 2,
        ...at(scope),
      }),
    );
    outer.cancel();
    await run.catch(() => {});
  },
  "a late value of cancellable()": async (value) => {
    const work = deferred<unknown>();
    const scope = new CancelScope();
    const run = scope.run(() => cancellable(work.promise, at(scope)));
    scope.cancel();
    await run.catch(() => {});
    work.resolve(value);
  },
};

describe.each(Object.entries(disposals))("the disposal of %s", (_, dispose) => {
  test("may wait", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const reports = await reportsDuring(async () => {
        await dispose(slow(log, 20));
        await sleep(100);
      });
      expect(log).toEqual(["disposing", "disposed at 20"]);
      expect(reports).toEqual([]);
    });
  });

  ambientTest("may wait for 5 s, and is reported then (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const reports = await reportsDuring(async () => {
        await dispose(slow(log, 60_000));
        await sleep(4_999);
        log.push("waiting");
        await sleep(2);
      });
      expect(log).toEqual(["disposing", "waiting"]);
      expect(reports).toEqual([expect.stringMatching(/^dispose threw: TimeoutError: .*5000 ms/)]);
    });
  });
});

describe("an async callback may wait", () => {
  test("that is onLoser", async () => {
    await withVirtualClock(async () => {
      const log: unknown[] = [];
      const reports = await reportsDuring(async () => {
        await race<unknown>([() => "won", late("late")], {
          onLoser: async (result, index) => {
            await sleep(20);
            log.push(result, index, now());
          },
        });
        await sleep(100);
      });
      expect(log).toEqual([{ status: "fulfilled", value: "late" }, 1, 20]);
      expect(reports).toEqual([]);
    });
  });

  test("that is onDiscard of cancellable(), where its caller is cancelled", async () => {
    await withVirtualClock(async () => {
      const log: unknown[] = [];
      const work = deferred<string>();
      const scope = new CancelScope();
      const onDiscard = async (value: unknown): Promise<void> => {
        await sleep(20);
        log.push(value, now());
      };
      const run = scope.run(() => cancellable(work.promise, { ...at(scope), onDiscard }));
      scope.cancel();
      await run.catch(() => {});
      const reports = await reportsDuring(async () => {
        work.resolve("late");
        await sleep(100);
      });
      expect(log).toEqual(["late", 20]);
      expect(reports).toEqual([]);
    });
  });

  test("that is onDiscard of gather(), where its caller is cancelled", async () => {
    await withVirtualClock(async () => {
      const log: unknown[] = [];
      const outer = new CancelScope();
      const onDiscard = async (value: unknown): Promise<void> => {
        await sleep(20);
        log.push(value, now());
      };
      const run = outer.run((scope) =>
        gather([() => "value", (inner) => sleep(1_000, at(inner))], { ...at(scope), onDiscard }),
      );
      outer.cancel();
      await run.catch(() => {});
      await sleep(100);
      expect(log).toEqual(["value", 20]);
    });
  });
});

test("a disposer that cannot even be read is reported, and does not take the place of gather()'s failure", async () => {
  const failure = new Error("failure");
  const value = Object.defineProperty({}, Symbol.asyncDispose, {
    get: () => {
      throw new Error("no disposer");
    },
  });
  const reports = await reportsDuring(async () => {
    const gathering = gather([() => value, () => sleep(1).then(() => Promise.reject(failure))]);
    await expect(gathering).rejects.toBe(failure);
  });
  expect(reports).toEqual(["dispose threw: Error: no disposer"]);
});

test("what onDiscard throws is reported by that name, and a callback that does not wait sets no timer", async () => {
  const set = vi.spyOn(globalThis, "setTimeout");
  const reports = await reportsDuring(async () => {
    const work = deferred<string>();
    const controller = new AbortController();
    const call = cancellable(work.promise, {
      signal: controller.signal,
      onDiscard(value) {
        throw new Error(`what about ${value}`);
      },
    });
    controller.abort("gone");
    await expect(call).rejects.toBe("gone");
    work.resolve("late");
  });
  const timers = set.mock.calls.length;
  set.mockRestore();
  expect([reports, timers]).toEqual([["onDiscard threw: Error: what about late"], 0]);
});

test.each([
  ["undefined", undefined],
  ["null", null],
  ["a number", 1],
  ["an object without a disposer", {}],
  ["an object whose disposer is no function", { [Symbol.dispose]: "soon" }],
  ["a function", Object.assign(() => {}, { [Symbol.dispose]: () => expect.fail("no") })],
])("a late value that is %s is left to itself", async (_, value) => {
  const reports = await reportsDuring(async () => {
    const work = deferred<unknown>();
    const controller = new AbortController();
    const call = cancellable(work.promise, { signal: controller.signal });
    controller.abort("gone");
    await expect(call).rejects.toBe("gone");
    work.resolve(value);
  });
  expect(reports).toEqual([]);
});
