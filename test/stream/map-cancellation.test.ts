import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, map, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

async function* asyncly<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

const sources = [
  ["an iterable", <T>(items: Iterable<T>): Iterable<T> | AsyncIterable<T> => items],
  ["an async iterable", <T>(items: Iterable<T>): Iterable<T> | AsyncIterable<T> => asyncly(items)],
] as const;

describe.each(sources)("a cancellation of map() over %s", (_, source) => {
  test("by its signal rejects with the raw reason when all calls have ended", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const log: number[] = [];
      const mapping = map(
        source([0, 1, 2, 3]),
        (item, _index, scope) => sleep(1_000, at(scope)).finally(() => log.push(item)),
        { concurrency: 2, signal: controller.signal },
      );
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
      expect(log).toEqual([0, 1]);
      expect(clock.now()).toBe(5);
    });
  });

  test("is not lost when all items have been taken: no result is missing", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const mapping = map(source([0, 1]), (_item, _index, scope) => sleep(1_000, at(scope)), {
        concurrency: 5,
        signal: controller.signal,
      });
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
    });
  });

  test("does not keep calls that return anyway from giving their results", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const mapping = map(
        source(["a", "b"]),
        async (item, _index, scope) => {
          await sleep(1_000, at(scope)).catch(() => {});
          return item;
        },
        { concurrency: 5, signal: controller.signal },
      );
      await sleep(5);
      controller.abort("tired");
      expect(await mapping).toEqual(["a", "b"]);
    });
  });

  test("by a scope around it rejects with that scope's CancelledError", async () => {
    await withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run((scope) =>
        map(source([1, 2, 3]), (_item, _index, inner) => sleep(1_000, at(inner)), {
          concurrency: 2,
          ...at(scope),
        }),
      );
      await sleep(5);
      outer.cancel("outer");
      const error: unknown = await run.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CancelledError);
      expect((error as CancelledError).reason).toBe("outer");
    });
  });

  test("by a timeout around it is that timeout's", async () => {
    await withVirtualClock(async (clock) => {
      const mapping = timeout(5, (scope) =>
        map(source([1, 2, 3]), (_item, _index, inner) => sleep(1_000, at(inner)), {
          concurrency: 2,
          ...at(scope),
        }),
      );
      await expect(mapping).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });

  test("by a call begins no further item", async () => {
    const begun: number[] = [];
    const mapping = map(
      source([0, 1, 2, 3]),
      (item, _index, scope) => {
        begun.push(item);
        if (item === 1) scope.cancel("enough");
      },
      { concurrency: 1 },
    );
    await expect(mapping).rejects.toMatchObject({ name: "AbortError", reason: "enough" });
    expect(begun).toEqual([0, 1]);
  });

  test("loses against a failure", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const error = new Error("cleanup");
      const mapping = map(
        source([0, 1, 2]),
        async (_item, _index, scope) => {
          await sleep(1_000, at(scope)).catch(() => {});
          throw error;
        },
        { concurrency: 1, signal: controller.signal },
      );
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe(error);
    });
  });

  test("in a cancelled scope begins nothing: not even the source is asked", async () => {
    const scope = new CancelScope();
    scope.cancel("before");
    let begun = false;
    const mapping = scope.run(() =>
      map(
        source([1]),
        () => {
          begun = true;
        },
        { concurrency: 1, ...at(scope) },
      ),
    );
    await expect(mapping).rejects.toMatchObject({ reason: "before" });
    expect(begun).toBe(false);
  });

  ambientTest("reaches it by itself from an ambient scope (needs ambient scopes)", async () => {
    await withVirtualClock(async (clock) => {
      const mapping = timeout(5, () => map(source([1, 2]), () => sleep(1_000), { concurrency: 1 }));
      await expect(mapping).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(5);
    });
  });
});

describe("results that nobody gets", () => {
  test("are disposed when the call fails", async () => {
    const log: string[] = [];
    const mapping = map(
      ["a", "b", "c"],
      async (item) => {
        if (item === "c") throw new Error("no");
        return { [Symbol.dispose]: () => void log.push(item) };
      },
      { concurrency: 1 },
    );
    await mapping.catch(() => {});
    expect(log).toEqual(["a", "b"]);
  });

  test("are disposed asynchronously where they can be", async () => {
    const log: string[] = [];
    const mapping = map(
      ["a", "b"],
      async (item) => {
        if (item === "b") throw new Error("no");
        return { [Symbol.asyncDispose]: async () => void log.push(item) };
      },
      { concurrency: 1 },
    );
    await mapping.catch(() => {});
    expect(log).toEqual(["a"]);
  });

  test("go to onDiscard instead, falsy ones too, each once, also under a cancellation", async () => {
    await withVirtualClock(async () => {
      const values: unknown[] = [];
      const controller = new AbortController();
      const mapping = map(
        [undefined, 0, "late", "never"],
        async (item, index, scope) => {
          if (index < 2) return item;
          await sleep(1_000, at(scope)).catch(() => {});
          return item;
        },
        { concurrency: 1, signal: controller.signal, onDiscard: (value) => values.push(value) },
      );
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
      expect(values).toEqual([undefined, 0, "late"]);
    });
  });

  test("reach an onDiscard that throws: it is reported, and breaks nothing", async () => {
    const error = new Error("no");
    let outcome: unknown;
    const reports = await reportsDuring(async () => {
      outcome = await map([0, 1, 2], (item) => (item === 2 ? Promise.reject(error) : item), {
        concurrency: 1,
        onDiscard: () => {
          throw new Error("broken callback");
        },
      }).catch((reason: unknown) => reason);
    });
    expect(reports).toEqual([
      "onDiscard threw: Error: broken callback",
      "onDiscard threw: Error: broken callback",
    ]);
    expect(outcome).toBe(error);
  });

  test("are none when the call succeeds", async () => {
    const values: unknown[] = [];
    await map([1, 2], (item) => item, { concurrency: 1, onDiscard: (value) => values.push(value) });
    expect(values).toEqual([]);
  });
});
