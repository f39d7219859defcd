import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  now,
  safeChannel,
  type SafeChannel,
  shield,
  sleep,
  taskGroup,
  timeout,
  TimeoutError,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { aborter } from "./aborter.ts";

/** Counts up, one each 10 ms, and takes 20 ms to clean up. */
function counting(log: string[], scope?: CancelScope): SafeChannel<number> {
  return safeChannel(
    async function* (own) {
      try {
        for (let n = 1; ; n++) {
          await sleep(10, at(own));
          yield n;
        }
      } finally {
        log.push(own.cancelled ? "cancelled" : "not cancelled");
        await shield((inner) => sleep(20, at(inner)), { timeoutMs: 100 });
        log.push(`cleaned up at ${now()}`);
      }
    },
    scope === undefined ? undefined : at(scope),
  );
}

describe("leaving a loop over a safe channel waits until the generator has ended", () => {
  test("by break", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      for await (const n of counting(log)) if (n === 2) break;
      expect([log, clock.now()]).toEqual([["cancelled", "cleaned up at 40"], 40]);
    });
  });

  test("by an error, which passes as it is", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const failure = new Error("in the loop");
      const loop = async (): Promise<void> => {
        for await (const n of counting(log)) if (n === 1) throw failure;
      };
      await expect(loop()).rejects.toBe(failure);
      expect(log).toEqual(["cancelled", "cleaned up at 30"]);
    });
  });

  test("by disposal, also in the middle of making an item: who waits for that is told of the end", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const nexts: Promise<unknown>[] = [];
      {
        await using channel = counting(log);
        await channel.next();
        nexts.push(channel.next());
        await sleep(5);
      }
      expect(await nexts[0]).toEqual({ value: undefined, done: true });
      expect([log, clock.now()]).toEqual([["cancelled", "cleaned up at 35"], 35]);
    });
  });

  test("by the timeout of a scope around it", async () => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const reports = await reportsDuring(async () => {
        const read = timeout(25, async (scope) => {
          for await (const n of counting(log, scope)) log.push(String(n));
        });
        await expect(read).rejects.toBeInstanceOf(TimeoutError);
      });
      expect(log).toEqual(["1", "2", "cancelled", "cleaned up at 45"]);
      expect([clock.now(), reports]).toEqual([45, []]);
    });
  });

  ambientTest(
    "by disposal, after the reader alone was out of time (needs ambient scopes)",
    async () => {
      await withVirtualClock(async () => {
        const log: string[] = [];
        const channel = counting(log);
        const read = timeout(25, async () => {
          for await (const n of channel) log.push(String(n));
        });
        await expect(read).rejects.toBeInstanceOf(TimeoutError);
        // What was under way when it left, the next one gets.
        expect(await channel.next()).toEqual({ value: 3, done: false });
        await channel.return();
        expect(log).toEqual(["1", "2", "cancelled", "cleaned up at 50"]);
      });
    },
  );

  test("by its signal, whose reason the reader gets", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      let ended = false;
      const channel = safeChannel(async function* ({ signal }) {
        try {
          await sleep(1_000, { signal });
          yield 1;
        } finally {
          ended = true;
        }
      }, controller);
      const next = channel.next();
      await sleep(5);
      controller.abort("enough");
      await expect(next).rejects.toBe("enough");
      expect(ended).toBe(true);
    });
  });

  test("by its signal leaves no unhandled rejection where nobody listens to the reader", async () => {
    const { signal, abort } = aborter();
    const unhandled = await unhandledDuring(async () => {
      const channel = safeChannel(
        async function* (own) {
          await sleep(60_000, { signal: own.signal });
          yield 1;
        },
        { signal },
      );
      void channel.next();
      await turn();
      abort("enough");
      await channel.return();
    });
    expect(unhandled).toEqual([]);
  });

  test("of one within another ends the inner one first", async () => {
    await withVirtualClock(async () => {
      const log: string[] = [];
      const outer = safeChannel(async function* (scope) {
        try {
          for await (const n of counting(log, scope)) yield n * 10;
        } finally {
          log.push("outer");
        }
      });
      for await (const n of outer) if (n === 20) break;
      expect(log).toEqual(["cancelled", "cleaned up at 40", "outer"]);
    });
  });
});

describe("a safe channel that is left open in a scope", () => {
  test.each([true, false])("is cancelled, waited for and reported: started %s", async (started) => {
    await withVirtualClock(async (clock) => {
      const log: string[] = [];
      const reports = await reportsDuring(() =>
        new CancelScope().run(async (scope) => {
          const channel = counting(log, scope);
          if (started) await channel.next();
        }),
      );
      expect(log).toEqual(started ? ["cancelled", "cleaned up at 30"] : []);
      expect(clock.now()).toBe(started ? 30 : 0);
      expect(reports).toEqual([expect.stringContaining("was still open")]);
    });
  });

  test("that has ended, or was left by break, is not reported", async () => {
    await withVirtualClock(async () => {
      const reports = await reportsDuring(() =>
        new CancelScope().run(async (scope) => {
          for await (const n of counting([], scope)) if (n === 1) break;
          const short = safeChannel(async function* () {
            yield 1;
          }, at(scope));
          const items: number[] = [];
          for await (const n of short) items.push(n);
        }),
      );
      expect(reports).toEqual([]);
    });
  });
});

ambientTest(
  "a reader elsewhere does not take the cancellation of the generator for its end (needs ambient scopes)",
  async () => {
    await withVirtualClock(async () => {
      let channel: SafeChannel<number> | undefined;
      const maker = new CancelScope();
      const made = maker.run(async () => {
        channel = counting([]);
        await sleep(1_000);
      });
      const read = taskGroup(async (group) => {
        group.spawn(async () => {
          await sleep(15);
          maker.cancel("enough");
        });
        const items: number[] = [];
        for await (const item of channel!) items.push(item);
        return items;
      });
      await expect(read).rejects.toBeInstanceOf(Error);
      await expect(made).rejects.toBeInstanceOf(CancelledError);
    });
  },
);
