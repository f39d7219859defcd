import { describe, expect, test } from "vitest";
import {
  type CancelScope,
  DeadlockError,
  safeChannel,
  type SafeChannel,
  shield,
  sleep,
  timeout,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** Whose cleanup takes a while and throws then. */
function careless(failure: unknown): (scope: CancelScope) => AsyncGenerator<number> {
  return async function* () {
    try {
      yield 1;
      yield 2;
    } finally {
      await shield((inner) => sleep(10, at(inner)), { timeoutMs: 100 });
      // oxlint-disable-next-line no-unsafe-finally -- that is what is tested
      throw failure;
    }
  };
}

describe("what the generator of a safe channel throws, the reader gets", () => {
  test.each([new Error("broken"), "text", 0, "", false, null, undefined])(
    "as it is, after the items: %o",
    async (failure: unknown) => {
      const items: number[] = [];
      let ended = false;
      const loop = async (): Promise<void> => {
        const channel = safeChannel(async function* () {
          try {
            yield 1;
            yield 2;
            throw failure;
          } finally {
            ended = true;
          }
        });
        for await (const item of channel) items.push(item);
      };
      await expect(loop()).rejects.toBe(failure);
      expect([items, ended]).toEqual([[1, 2], true]);
    },
  );

  test("also when the function itself throws, or gives nothing to iterate", async () => {
    const failure = new Error("no generator");
    const throwing = safeChannel<number>(() => {
      throw failure;
    });
    await expect(throwing.next()).rejects.toBe(failure);
    const empty = safeChannel<number>((() => undefined) as never);
    await expect(empty.next()).rejects.toThrow(TypeError);
  });

  test("once: disposal after that throws nothing, and nothing is unhandled", async () => {
    const unhandled = await unhandledDuring(async () => {
      const failure = new Error("broken");
      const channel = safeChannel<number>(async function* () {
        await Promise.reject(failure);
        yield 1;
      });
      await expect(channel.next()).rejects.toBe(failure);
      await channel[Symbol.asyncDispose]();
    });
    expect(unhandled).toEqual([]);
  });

  test("each reader that waits gets", async () => {
    const channel = safeChannel<number>(async function* () {
      await Promise.reject(new Error("broken"));
      yield 1;
    });
    const calls = [channel.next(), channel.next()];
    for (const call of calls) await expect(call).rejects.toThrow("broken");
  });
});

ambientTest(
  "a generator that reads its own channel gets a DeadlockError (needs ambient scopes)",
  async () => {
    const channels: SafeChannel<number>[] = [];
    const channel = safeChannel<number>(async function* () {
      yield 1;
      await expect(channels[0]!.next()).rejects.toBeInstanceOf(DeadlockError);
      await expect(channels[0]!.return()).rejects.toBeInstanceOf(DeadlockError);
      yield 2;
    });
    channels.push(channel);
    expect([(await channel.next()).value, (await channel.next()).value]).toEqual([1, 2]);
    await channel.return();
  },
);

describe("what the cleanup of a generator throws", () => {
  test("comes out of a loop that is broken off", async () => {
    await withVirtualClock(async () => {
      const failure = new Error("cleanup");
      const loop = async (): Promise<void> => {
        for await (const n of safeChannel(careless(failure))) if (n === 1) break;
      };
      await expect(loop()).rejects.toBe(failure);
    });
  });

  test("comes out of disposal, once", async () => {
    await withVirtualClock(async () => {
      const failure = new Error("cleanup");
      const channel = safeChannel(careless(failure));
      await channel.next();
      await expect(channel[Symbol.asyncDispose]()).rejects.toBe(failure);
      await channel[Symbol.asyncDispose]();
    });
  });

  test("is not lost when the reader's time is over in the middle of making an item", async () => {
    await withVirtualClock(async () => {
      const failure = new Error("cleanup");
      let outcome: unknown;
      const reports = await reportsDuring(async () => {
        const read = timeout(10, async (scope) => {
          const channel = safeChannel(async function* (own) {
            try {
              await sleep(1_000, at(own));
              yield 1;
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- that is what is tested
              throw failure;
            }
          }, at(scope));
          await channel.next();
        });
        outcome = await read.catch((error: unknown) => error);
      });
      const reported = reports.some((line) => line.includes("Error: cleanup"));
      expect([outcome === failure, reported]).toContain(true);
    });
  });

  test("does not take the place of the loop's own error", async () => {
    await withVirtualClock(async () => {
      const failure = new Error("in the loop");
      const loop = async (): Promise<void> => {
        for await (const n of safeChannel(careless(new Error("cleanup"))))
          if (n === 1) throw failure;
      };
      await expect(loop()).rejects.toBe(failure);
    });
  });
});
