import { describe, expect, test } from "vitest";
import {
  buffer,
  chunk,
  filter,
  map,
  mapStream,
  merge,
  type ReadableLike,
  sleep,
  timeout,
  TimeoutError,
  zip,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { collect, combiners, OVER, Probe, take } from "./probe.ts";

interface Made {
  readonly stream: ReadableStream<number>;
  /** How many chunks were pulled. */
  pulled(): number;
  /** Why it was cancelled, if it was. */
  readonly cancelled: unknown[];
}

interface StreamOptions {
  readonly length?: number;
  readonly failure?: unknown;
  readonly onCancel?: () => void | PromiseLike<void>;
  /** Whether chunks come at all. */
  readonly stalls?: boolean;
}

function streamOf({ length = Infinity, failure, onCancel, stalls }: StreamOptions = {}): Made {
  let pulled = 0;
  const cancelled: unknown[] = [];
  const stream = new ReadableStream<number>(
    {
      async pull(controller) {
        if (stalls === true) await new Promise(() => {});
        if (pulled < length) controller.enqueue(pulled++);
        else if (failure === undefined) controller.close();
        else controller.error(failure);
      },
      cancel(reason) {
        cancelled.push(reason);
        return onCancel?.();
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, pulled: () => pulled, cancelled };
}

/** What some browsers have: a stream that cannot be iterated. */
function withoutIterator(made: Made): Made {
  for (const key of [Symbol.asyncIterator, "values"]) {
    Object.defineProperty(made.stream, key, { value: undefined });
  }
  return made;
}

/** A make of stream that has nothing but readers, and readers that have no `releaseLock`. */
function foreign(made: Made): Made {
  const stream: ReadableLike<number> = {
    getReader: () => {
      const reader = made.stream.getReader();
      return {
        read: () => reader.read(),
        cancel: (reason) => reader.cancel(reason),
      };
    },
  };
  return { ...made, stream: stream as ReadableStream<number> };
}

describe.each([
  ["a ReadableStream", (options?: StreamOptions) => streamOf(options)],
  ["one without an iterator", (options?: StreamOptions) => withoutIterator(streamOf(options))],
  ["one of another make", (options?: StreamOptions) => foreign(streamOf(options))],
])("as a source, %s", (name, make) => {
  const hasLock = name !== "one of another make";

  test("gives its chunks, and is unlocked at its end", async () => {
    const made = make({ length: 5 });
    expect(await collect(buffer(made.stream, 2))).toEqual([0, 1, 2, 3, 4]);
    expect(made.cancelled).toEqual([]);
    if (hasLock) expect(made.stream.locked).toBe(false);
  });

  test("is a source of all that take one", async () => {
    const twice = await map(make({ length: 3 }).stream, (n) => n * 2, { concurrency: 2 });
    expect(twice).toEqual([0, 2, 4]);
    expect(await collect(chunk(make({ length: 3 }).stream, { size: 2 }))).toEqual([[0, 1], [2]]);
    const zipped = zip([make({ length: 2 }).stream, make({ length: 3 }).stream]);
    expect(await collect(zipped)).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(
      (await collect(merge([make({ length: 2 }).stream, [7]]))).toSorted((a, b) => a - b),
    ).toEqual([0, 1, 7]);
  });

  test("is not pulled, nor locked, before somebody reads", async () => {
    const made = make();
    const items = buffer(made.stream, 2);
    await turn();
    expect(made.pulled()).toBe(0);
    if (hasLock) expect(made.stream.locked).toBe(false);
    await items.return();
    expect(made.cancelled).toEqual([undefined]);
  });

  test("is cancelled and unlocked by break, which waits for that", async () => {
    await withVirtualClock(async (clock) => {
      const made = make({ onCancel: () => sleep(30) });
      for await (const item of buffer(made.stream, 1)) if (item === 2) break;
      expect([made.cancelled, clock.now()]).toEqual([[undefined], 30]);
      if (hasLock) expect(made.stream.locked).toBe(false);
    });
  });

  test("is cancelled at once while a chunk is under way", async () => {
    await withVirtualClock(async (clock) => {
      const made = make({ stalls: true });
      const items = buffer(made.stream, 1);
      const next = items.next();
      await sleep(5);
      const reports = await reportsDuring(() => items.return());
      expect([made.cancelled, clock.now(), reports, await next]).toEqual([
        [undefined],
        5,
        [],
        OVER,
      ]);
      if (hasLock) expect(made.stream.locked).toBe(false);
    });
  });

  test("is cancelled and unlocked when a signal aborts", async () => {
    const controller = new AbortController();
    const made = make({ stalls: true });
    const items = buffer(made.stream, 1, controller);
    const next = items.next();
    await turn();
    controller.abort("enough");
    await expect(next).rejects.toBe("enough");
    expect(made.cancelled).toEqual([undefined]);
    if (hasLock) expect(made.stream.locked).toBe(false);
  });

  test("that fails throws that, and is unlocked", async () => {
    const failure = new Error("stream");
    const made = make({ length: 1, failure });
    const items = buffer(made.stream, 1);
    expect(await items.next()).toEqual({ value: 0, done: false });
    await expect(items.next()).rejects.toBe(failure);
    expect(await items.next()).toEqual(OVER);
    if (hasLock) expect(made.stream.locked).toBe(false);
  });

  test("whose cancel() fails throws that when it is left", async () => {
    const failure = new Error("cancel");
    const unhandled = await unhandledDuring(async () => {
      const made = make({
        onCancel: () => {
          throw failure;
        },
      });
      const items = buffer(made.stream, 1);
      await items.next();
      await expect(items.return()).rejects.toBe(failure);
    });
    expect(unhandled).toEqual([]);
  });

  if (hasLock) {
    test("that is being read is refused", () => {
      const made = make();
      made.stream.getReader();
      expect(() => buffer(made.stream, 1)).toThrow(
        'Cannot buffer: "items" must be a stream that nobody reads, received an object that is locked',
      );
      expect(() => zip([[], made.stream])).toThrow(TypeError);
    });

    test("that others read in the meantime is a failure, and is left to them", async () => {
      const made = make();
      const items = buffer(made.stream, 1);
      const unread = buffer(made.stream, 1);
      made.stream.getReader();
      await expect(items.next()).rejects.toBeInstanceOf(TypeError);
      await unread.return();
      expect(made.cancelled).toEqual([]);
      expect(made.stream.locked).toBe(true);
    });
  }
});

test("map() takes an iterable whose async iterator is undefined for a sync one", async () => {
  const items = Object.assign([1, 2], { [Symbol.asyncIterator]: undefined });
  expect(await map(items, (n) => n, { concurrency: 1 })).toEqual([1, 2]);
});

describe.each([
  ...combiners.map(([name, make]) => [name, make] as const),
  ["mapStream()", (source: Probe) => mapStream(source, (n) => n, { concurrency: 1 })] as const,
  ["filter()", (source: Probe) => filter(source, () => true, { concurrency: 1 })] as const,
])("%s", (_, make) => {
  test("takes a TimeoutError of return() for what it is", async () => {
    const reports = await reportsDuring(() =>
      withVirtualClock(async (clock) => {
        const source = new Probe({
          onClose: () => timeout(10, ({ signal }) => sleep(60, { signal })),
        });
        await expect(take(make(source), 1)).rejects.toBeInstanceOf(TimeoutError);
        expect(clock.now()).toBe(10);
      }),
    );
    expect(reports).toEqual([]);
  });

  test("takes a source whose return is null for one that has none", async () => {
    const source = Object.assign(new Probe(), { return: null }) as unknown as Probe;
    expect(await take(make(source), 1)).toHaveLength(1);
  });
});
