import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import { CancelScope, safeChannel, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest } from "../support/mode.ts";
import { notes } from "./notes.ts";

const OVER = { value: undefined, done: true };

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("a safe channel", () => {
  test("gives what its generator yields, as it is, and then ends", async () => {
    const items = [1, undefined, null, false, "text"];
    const channel = safeChannel(async function* () {
      yield* items;
    });
    expect(await collect(channel)).toEqual(items);
  });

  test("takes any function that gives an async iterable", async () => {
    const iterable: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => {
        let n = 0;
        return { next: async () => ({ value: ++n, done: n > 2 }) };
      },
    };
    expect(await collect(safeChannel(() => iterable))).toEqual([1, 2]);
  });

  test("begins when it is first asked, and never runs ahead", async () => {
    const log: string[] = [];
    await using channel = safeChannel(async function* () {
      for (const n of [1, 2]) {
        log.push(`making ${n}`);
        yield n;
      }
      log.push("over");
    });
    await turn();
    expect(log).toEqual([]);
    for (const n of [1, 2]) {
      expect(await channel.next()).toEqual({ value: n, done: false });
      await turn();
      expect(log.at(-1)).toBe(`making ${n}`);
    }
    expect(await channel.next()).toEqual(OVER);
    expect(log).toEqual(["making 1", "making 2", "over"]);
  });

  test("answers several calls of next() in their order", async () => {
    await withVirtualClock(async () => {
      const channel = safeChannel(async function* ({ signal }) {
        for (const n of [1, 2, 3]) {
          await sleep(10, { signal });
          yield n;
        }
      });
      const { log, note } = notes();
      const calls = ["a", "b", "c", "d"].map((name) =>
        note(
          name,
          channel.next().then(({ value, done }) => (done === true ? "over" : value)),
        ),
      );
      await Promise.all(calls);
      expect(log).toEqual(["a: 1", "b: 2", "c: 3", "d: over"]);
    });
  });

  test("stays over once it has ended, also when it is disposed of, again and again", async () => {
    const channel = safeChannel(async function* () {
      yield 1;
    });
    expect(await collect(channel)).toEqual([1]);
    await channel[Symbol.asyncDispose]();
    await channel[Symbol.asyncDispose]();
    expect(await channel.return()).toEqual(OVER);
    expect(await channel.next()).toEqual(OVER);
    expect(await collect(channel)).toEqual([]);
  });

  test("that was left stays over", async () => {
    const channel = safeChannel(async function* () {
      yield 1;
      yield 2;
    });
    for await (const n of channel) if (n === 1) break;
    expect(await channel.next()).toEqual(OVER);
  });

  test("that is disposed of before it was asked never runs its generator", async () => {
    let ran = false;
    const channel = safeChannel(async function* () {
      ran = true;
      yield 1;
    });
    await channel[Symbol.asyncDispose]();
    expect(await channel.next()).toEqual(OVER);
    expect(ran).toBe(false);
  });

  test("does not cancel the scope of a generator that has ended by itself", async () => {
    let scope: CancelScope | undefined;
    const channel = safeChannel(async function* (own) {
      scope = own;
      yield own.signal;
    });
    const [signal] = await collect(channel);
    expect([scope!.cancelled, signal!.aborted]).toEqual([false, false]);
  });
});

describe("the scope of a generator", () => {
  test("is its argument: one of its own", async () => {
    const seen: CancelScope[] = [];
    const fn = async function* (scope: CancelScope): AsyncGenerator<number> {
      seen.push(scope);
      yield 1;
    };
    await collect(safeChannel(fn));
    await collect(safeChannel(fn));
    expect(seen.map((scope) => scope instanceof CancelScope)).toEqual([true, true]);
    expect(seen[0]).not.toBe(seen[1]);
  });

  ambientTest("is not that of the one who reads (needs ambient scopes)", async () => {
    const channel = safeChannel(async function* (scope) {
      for (let i = 0; i < 2; i++) {
        expect(CancelScope.current).toBe(scope);
        await Promise.resolve();
        expect(CancelScope.current).toBe(scope);
        yield scope;
      }
    });
    await new CancelScope().run(async (reader) => {
      for await (const scope of channel) {
        expect(CancelScope.current).toBe(reader);
        expect(scope).not.toBe(reader);
      }
      expect(CancelScope.current).toBe(reader);
    });
  });
});
