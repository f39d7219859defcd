import { describe, expect, test } from "vitest";
import { failuresOf, map, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";

/** A source that counts what is taken from it, and tells when it is closed. */
class Counted {
  taken = 0;
  closed = 0;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  *items(): Generator<number> {
    try {
      while (this.taken < this.#length) yield this.taken++;
    } finally {
      this.closed++;
    }
  }

  async *asyncItems(): AsyncGenerator<number> {
    yield* this.items();
  }
}

const kinds = [
  ["sync", (source: Counted): Iterable<number> | AsyncIterable<number> => source.items()],
  ["async", (source: Counted): Iterable<number> | AsyncIterable<number> => source.asyncItems()],
] as const;

describe.each(kinds)("the %s source of map()", (_, items) => {
  test("pitfall 16: is asked for an item only when there is a place for it", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(1_000);
      let ended = 0;
      await map(
        items(source),
        async (_item, _index, scope) => {
          expect(source.taken).toBeLessThanOrEqual(ended + 2);
          await sleep(1, at(scope));
          ended++;
        },
        { concurrency: 2 },
      );
      expect(source.taken).toBe(1_000);
    });
  });

  test("pitfall 16: may be endless", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(Infinity);
      const mapping = map(
        items(source),
        async (item, _index, scope) => {
          await sleep(1, at(scope));
          if (item === 10) throw new Error("enough");
        },
        { concurrency: 2 },
      );
      await expect(mapping).rejects.toThrow("enough");
      expect(source.taken).toBeLessThanOrEqual(13);
      expect(source.closed).toBe(1);
    });
  });

  test("pitfall 15: is closed after a failure, and nothing more is taken or begun", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(100);
      let calls = 0;
      const error = new Error("no");
      const mapping = map(
        items(source),
        async (item, _index, scope) => {
          calls++;
          await sleep(1, at(scope));
          if (item === 0) throw error;
        },
        { concurrency: 2 },
      );
      await mapping.catch(() => {});
      expect(source.closed).toBe(1);
      const seen = [source.taken, calls];
      await sleep(50);
      expect([source.taken, calls]).toEqual(seen);
      expect(calls).toBe(2);
    });
  });

  test("pitfall 15: is closed when its signal aborts, and nothing more is taken or begun", async () => {
    await withVirtualClock(async () => {
      const source = new Counted(100);
      const controller = new AbortController();
      let calls = 0;
      const mapping = map(
        items(source),
        async (_item, _index, scope) => {
          calls++;
          await sleep(10, at(scope));
        },
        { concurrency: 2, signal: controller.signal },
      );
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
      expect(source.closed).toBe(1);
      const seen = [source.taken, calls];
      await sleep(50);
      expect([source.taken, calls]).toEqual(seen);
      expect(calls).toBe(2);
    });
  });

  test("is closed once at its own end", async () => {
    const source = new Counted(3);
    await map(items(source), () => {}, { concurrency: 2 });
    expect(source.closed).toBe(1);
  });

  test("is not begun under a signal that is aborted", async () => {
    const source = new Counted(3);
    const mapping = map(items(source), () => {}, {
      concurrency: 2,
      signal: AbortSignal.abort("before"),
    });
    await expect(mapping).rejects.toBe("before");
    expect(source.taken).toBe(0);
  });
});

/** An iterator by hand: what it does at `next()` and at `return()`. */
function byHand(
  next: (index: number) => IteratorResult<number>,
  end?: () => unknown,
): Iterable<number> {
  let index = 0;
  return {
    [Symbol.iterator]: () => ({
      next: () => next(index++),
      ...(end !== undefined && { return: () => end() as IteratorResult<number> }),
    }),
  };
}

/** The same, async. */
function byHandAsync(
  next: (index: number) => IteratorResult<number> | Promise<IteratorResult<number>>,
  end?: () => unknown,
): AsyncIterable<number> {
  let index = 0;
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => next(index++),
      ...(end !== undefined && { return: () => end() as Promise<IteratorResult<number>> }),
    }),
  };
}

describe("a source that fails", () => {
  test.each([
    ["sync", byHand],
    ["async", byHandAsync],
  ] as const)("(%s) is a failure as any: calls are cancelled and waited for", async (_, make) => {
    await withVirtualClock(async (clock) => {
      const error = new Error("source");
      const log: string[] = [];
      const source = make((index) => {
        if (index === 2) throw error;
        return { value: index, done: false };
      });
      const mapping = map(
        source,
        (item, _index, scope) =>
          sleep(1_000, at(scope)).finally(() => log.push(`call ${item} has ended`)),
        { concurrency: 5 },
      );
      await expect(mapping).rejects.toBe(error);
      expect(log.toSorted()).toEqual(["call 0 has ended", "call 1 has ended"]);
      expect(clock.now()).toBe(0);
    });
  });

  test.each([
    ["sync", byHand],
    ["async", byHandAsync],
  ] as const)("(%s) is not closed: it has ended by that", async (_, make) => {
    let closed = 0;
    const source = make(
      () => {
        throw new Error("source");
      },
      () => {
        closed++;
        return { value: undefined, done: true };
      },
    );
    await map(source, () => {}, { concurrency: 1 }).catch(() => {});
    expect(closed).toBe(0);
  });

  test("at its very beginning rejects the call", async () => {
    const error = new Error("no iterator");
    const source = {
      [Symbol.iterator]: (): Iterator<number> => {
        throw error;
      },
    };
    await expect(map(source, () => {}, { concurrency: 1 })).rejects.toBe(error);
  });
});

describe("closing a source", () => {
  test.each([
    ["sync", byHand],
    ["async", byHandAsync],
  ] as const)("(%s) that fails does not mask the failure before it", async (_, make) => {
    const first = new Error("call");
    const second = new Error("closing");
    const source = make(
      (index) => ({ value: index, done: false }),
      () => {
        throw second;
      },
    );
    const mapping = map(source, () => Promise.reject(first), { concurrency: 1 });
    await mapping.catch(() => {});
    expect(failuresOf(first)).toEqual([first, second]);
  });

  test.each([
    ["sync", byHand],
    ["async", byHandAsync],
  ] as const)("(%s) is left out where there is no return()", async (_, make) => {
    const source = make((index) => ({ value: index, done: false }));
    const controller = new AbortController();
    const mapping = map(
      source,
      (item) => {
        if (item === 3) controller.abort("tired");
      },
      { concurrency: 1, signal: controller.signal },
    );
    await expect(mapping).rejects.toBe("tired");
  });

  test("is waited for", async () => {
    await withVirtualClock(async (clock) => {
      const source = byHandAsync(
        (index) => ({ value: index, done: false }),
        () => sleep(30, { signal: new AbortController().signal }),
      );
      await map(source, () => Promise.reject(new Error("no")), { concurrency: 1 }).catch(() => {});
      expect(clock.now()).toBe(30);
    });
  });

  test("that does not come back is reported after 5 s, and left alone", async () => {
    await withVirtualClock(async (clock) => {
      const source = byHandAsync(
        (index) => ({ value: index, done: false }),
        () => new Promise(() => {}),
      );
      const reports = await reportsDuring(() =>
        map(source, () => Promise.reject(new Error("no")), { concurrency: 1 }).catch(() => {}),
      );
      expect(clock.now()).toBe(5_000);
      expect(reports.filter((line) => line.includes("was not closed within 5000 ms"))).toHaveLength(
        1,
      );
    });
  });

  test("does not wait for the item that a cancelled call waits for, without return()", async () => {
    await withVirtualClock(async (clock) => {
      const controller = new AbortController();
      const source = byHandAsync(() => new Promise(() => {}));
      const mapping = map(source, () => {}, { concurrency: 1, signal: controller.signal });
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
      expect(clock.now()).toBe(5);
    });
  });

  test("closes an async generator that waits in our scope", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const controller = new AbortController();
      const { signal } = controller;
      async function* source(): AsyncGenerator<number> {
        try {
          yield 1;
          await sleep(1_000, { signal });
          yield 2;
        } finally {
          log.push("closed");
        }
      }
      const mapping = map(source(), () => {}, { concurrency: 1, signal });
      await sleep(5);
      controller.abort("tired");
      await expect(mapping).rejects.toBe("tired");
      expect(log).toEqual(["closed"]);
      expect(clock.now()).toBe(5);
    });
  });
});
