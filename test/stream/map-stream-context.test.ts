import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import { CancelScope, DeadlockError, mapStream, type MappedStream, sleep, TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";
import { collect, Counted, kinds } from "./counted.ts";

const storage = new AsyncLocalStorage<string>();

describe.each(kinds)("the calls of mapStream() of %s", (_, open) => {
  test.each([true, false])(
    "run in the async context of the first next(), whoever reads: ordered %s",
    async (ordered) => {
      await withVirtualClock(async () => {
        const seen: unknown[] = [];
        const stream = storage.run("maker", () =>
          mapStream(
            open(new Counted(8)),
            async (item, _index, scope) => {
              seen.push(storage.getStore());
              await sleep(item % 3, at(scope));
              seen.push(storage.getStore());
            },
            { concurrency: 2, ordered },
          ),
        );
        await storage.run("first", () => stream.next());
        for (let i = 0; i < 7; i++) {
          await sleep(5);
          await storage.run("later", () => stream.next());
        }
        expect(new Set(seen)).toEqual(new Set(["first"]));
        expect(seen).toHaveLength(16);
        await stream.return();
      });
    },
  );

  ambientTest("run in their scope, and not in the reader's (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const seen = new Set<unknown>();
      const stream = mapStream(
        open(new Counted(8)),
        async (_item, _index, scope) => {
          seen.add(scope).add(CancelScope.current);
          await sleep(1);
          seen.add(CancelScope.current);
        },
        { concurrency: 2 },
      );
      const readers = new Set<unknown>();
      for (let i = 0; i < 8; i++) {
        await new CancelScope().run(async (reader) => {
          readers.add(reader);
          await stream.next();
          expect(CancelScope.current).toBe(reader);
          await sleep(2);
        });
      }
      expect(seen.size).toBe(1);
      expect(readers.has([...seen][0])).toBe(false);
    });
  });
});

describe("a call of mapStream() that uses its own stream (needs ambient scopes)", () => {
  const ways = [
    ["next()", (stream: MappedStream<unknown>) => stream.next()],
    ["return()", (stream: MappedStream<unknown>) => stream.return()],
    ["disposal", (stream: MappedStream<unknown>) => stream[Symbol.asyncDispose]()],
  ] as const;

  ambientTest.each(ways)("gets a DeadlockError from %s, at once and later", async (_, use) => {
    const errors: unknown[] = [];
    const streams: MappedStream<unknown>[] = [];
    const note = (): Promise<unknown> =>
      use(streams[0]!).catch((error: unknown) => errors.push(error));
    const stream = mapStream(
      [1, 2],
      async () => {
        await note();
        await note();
        await using group = new TaskGroup();
        group.spawn(note);
        await group.join();
      },
      { concurrency: 1 },
    );
    streams.push(stream);
    for await (const result of stream) expect(result).toBe(undefined);
    expect(errors).toHaveLength(6);
    for (const error of errors) {
      expect(error).toBeInstanceOf(DeadlockError);
      expect((error as Error).message).toMatch(
        /^Cannot (read|leave) a stream: expected a caller outside/,
      );
    }
  });

  ambientTest("may read another one, and make one of its own", async () => {
    const other = mapStream([1, 2, 3], (n) => n * 10, { concurrency: 1 });
    const stream = mapStream(
      [1, 2],
      async () => {
        const inner: number[] = [];
        for await (const n of mapStream([1, 2], (m) => m, { concurrency: 1 })) inner.push(n);
        return [(await other.next()).value, ...inner];
      },
      { concurrency: 1 },
    );
    const results: unknown[] = [];
    for await (const result of stream) results.push(result);
    expect(results).toEqual([
      [10, 1, 2],
      [20, 1, 2],
    ]);
    await other.return();
  });

  ambientTest.each([
    ["when it has ended", (stream: MappedStream<void>) => collect(stream)],
    ["when it was left", (stream: MappedStream<void>) => stream.return()],
  ])("may be read by what a call has left behind, %s", async (_, end) => {
    const left: (() => Promise<unknown>)[] = [];
    const stream: MappedStream<void> = mapStream([1, 2], () => leave(), { concurrency: 1 });
    async function leave(): Promise<void> {
      const gate = deferred();
      const later = gate.promise.then(() => stream.next());
      left.push(() => {
        gate.resolve();
        return later;
      });
    }
    await stream.next();
    await end(stream);
    expect(await left[0]!()).toEqual({ value: undefined, done: true });
  });
});
