import { describe, expect, test } from "vitest";
import { ClosedError, Queue } from "corral";
import { unhandledDuring } from "../support/unhandled.ts";
import { notes } from "./notes.ts";

const CLOSED = "Cannot use a queue: it is closed";
const ABORTED = "Cannot use a queue: it was aborted";

function filled(): Queue<number> {
  const queue = new Queue<number>({ capacity: 2 });
  for (const item of [1, 2]) queue.tryPut(item);
  return queue;
}

/** How all that can be done with a queue ends, by its message if it is one of ours. */
async function ends(queue: Queue<number>): Promise<unknown[]> {
  const steps = [
    () => queue.put(0),
    () => queue.get(),
    () => queue.tryPut(0),
    () => queue.tryGet(),
    () => queue.values().next(),
  ];
  const results: unknown[] = [];
  for (const step of steps) {
    try {
      results.push(await step());
    } catch (error) {
      results.push(error instanceof ClosedError ? error.message : error);
    }
  }
  return results;
}

describe("close()", () => {
  test("rejects those who wait to put, whose items are not put", async () => {
    const queue = filled();
    const { log, note } = notes();
    const all = [note("a", queue.put(3)), note("b", queue.put(4))];
    queue.close();
    expect([queue.closed, queue.stats().putting]).toEqual([true, 0]);
    await Promise.all(all);
    expect(log).toEqual(["a! ClosedError", "b! ClosedError"]);
    expect([await queue.get(), await queue.get()]).toEqual([1, 2]);
    await expect(queue.get()).rejects.toThrow(CLOSED);
  });

  test("rejects those who wait to get", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { log, note } = notes();
    const all = [note("a", queue.get()), note("b", queue.get())];
    queue.close();
    await Promise.all(all);
    expect([log, queue.stats().getting]).toEqual([["a! ClosedError", "b! ClosedError"], 0]);
  });

  test("lets what is in be got, and nothing more be put", async () => {
    const queue = filled();
    queue.close();
    expect(() => queue.tryPut(3)).toThrow(CLOSED);
    await expect(queue.put(3)).rejects.toBeInstanceOf(ClosedError);
    expect([queue.tryGet(), await queue.get()]).toEqual([{ value: 1 }, 2]);
    expect(await ends(queue)).toEqual([
      CLOSED,
      CLOSED,
      CLOSED,
      CLOSED,
      { value: undefined, done: true },
    ]);
  });

  test("gives each its own error", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.close();
    const [a, b] = await Promise.all(
      [1, 2].map(() => queue.get().catch((error: unknown) => error)),
    );
    expect(a).not.toBe(b);
  });

  test("leaves join() to wait for what is in", async () => {
    const queue = filled();
    const { log, note } = notes();
    const joined = note("join", queue.join());
    queue.close();
    queue.close();
    for (let i = 0; i < 2; i++) {
      expect(log).toEqual([]);
      await queue.get();
      queue.taskDone();
    }
    await joined;
    expect(() => queue.taskDone()).toThrow(RangeError);
  });

  test("gives an item that was put before, in the same step, to one who waited", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    const { log, note } = notes();
    const all = [note("a", queue.get()), note("b", queue.get())];
    queue.tryPut(1);
    queue.close();
    await Promise.all(all);
    expect(log).toEqual(["a: 1", "b! ClosedError"]);
  });
});

describe("abort()", () => {
  test.each([new Error("broken"), "text", 0, "", false, Number.NaN, null])(
    "tells all of them %o as it is",
    async (reason) => {
      const queue = new Queue<number>({ capacity: 1 });
      const { log, note } = notes();
      const get = note("get", queue.get());
      queue.abort(reason);
      await get;
      expect(log).toEqual([`get! ${reason instanceof Error ? reason.name : String(reason)}`]);
      expect(await ends(queue)).toEqual([reason, reason, reason, reason, reason]);
    },
  );

  test("without a reason tells them of a ClosedError", async () => {
    const queue = filled();
    const { log, note } = notes();
    const put = note("put", queue.put(3));
    queue.abort();
    await put;
    expect(log).toEqual(["put! ClosedError"]);
    expect(await ends(queue)).toEqual([ABORTED, ABORTED, ABORTED, ABORTED, ABORTED]);
  });

  test("drops what is in, and what is dropped need not be done", async () => {
    const queue = filled();
    await queue.get();
    const joined = queue.join();
    const { log, note } = notes();
    const all = note("join", joined);
    queue.abort("enough");
    expect(queue.stats()).toEqual({
      capacity: 2,
      size: 0,
      unfinished: 1,
      putting: 0,
      getting: 0,
      closed: true,
    });
    await Promise.resolve();
    expect(log).toEqual([]);
    queue.taskDone();
    await all;
    expect(() => queue.taskDone()).toThrow(RangeError);
  });

  test("lets join() go on when all that was left is dropped", async () => {
    const queue = filled();
    const joined = queue.join();
    queue.abort();
    await joined;
    expect(() => queue.taskDone()).toThrow(RangeError);
  });

  test("after close() counts: what was left is dropped, and its reason is told", async () => {
    const queue = filled();
    queue.close();
    queue.abort("after all");
    expect(queue.size).toBe(0);
    expect(await ends(queue)).toEqual(Array.from({ length: 5 }, () => "after all"));
  });

  test("again, or before close(), changes nothing", async () => {
    const queue = filled();
    queue.abort("first");
    queue.abort("second");
    queue.close();
    expect(await ends(queue)).toEqual(Array.from({ length: 5 }, () => "first"));
    expect(queue.stats().unfinished).toBe(0);
  });

  test("and close() leave no unhandled rejection where nobody listens", async () => {
    const unhandled = await unhandledDuring(() => {
      const queue = filled();
      void queue.put(3);
      queue.close();
      const other = new Queue<number>({ capacity: 1 });
      void other.get();
      void other.values().next();
      other.abort("enough");
    });
    expect(unhandled).toEqual([]);
  });
});
