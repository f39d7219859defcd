import { describe, expect, test } from "vitest";
import { CancelScope, failuresOf, now, sleep, waitTree } from "corral";
import { withVirtualClock } from "corral/testing";
import type { Attempt } from "../../src/resilience/attempt.ts";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import { at } from "../support/mode.ts";

describe("retry()", () => {
  test("calls the function at once, and once when it succeeds", async () => {
    const calls: number[] = [];
    const answer = retry((attempt) => {
      calls.push(attempt.number);
      return "value";
    });
    expect(calls).toEqual([1]);
    expect(await answer).toBe("value");
    expect(calls).toEqual([1]);
  });

  test("calls it again after each failure, three times at most by default", async () => {
    await withVirtualClock(async () => {
      const errors = [new Error("1"), new Error("2"), new Error("3"), new Error("4")];
      let calls = 0;
      const answer = retry(() => {
        throw errors[calls++]!;
      });
      await expect(answer).rejects.toBe(errors[2]);
      expect(calls).toBe(3);
    });
  });

  test("waits between two attempts as the backoff says", async () => {
    await withVirtualClock(async () => {
      const asked: unknown[] = [];
      const times: number[] = [];
      const answer = retry(
        () => {
          times.push(now());
          throw new Error("down");
        },
        {
          attempts: 4,
          backoff: (attempt, previousMs) => {
            asked.push([attempt, previousMs]);
            return attempt * 100;
          },
        },
      );
      await expect(answer).rejects.toThrow("down");
      expect(times).toEqual([0, 100, 300, 600]);
      expect(asked).toEqual([
        [1, undefined],
        [2, 100],
        [3, 200],
      ]);
    });
  });

  test("throws the last failure as it is; failuresOf() tells of the earlier ones", async () => {
    await withVirtualClock(async () => {
      const errors = [new Error("first"), new Error("second"), new Error("third")];
      let calls = 0;
      const error: unknown = await retry(() => Promise.reject(errors[calls++]), {
        backoff: constant(1),
      }).catch((thrown: unknown) => thrown);
      expect(error).toBe(errors[2]);
      expect(failuresOf(error)).toEqual([errors[2], errors[0], errors[1]]);
    });
  });

  test("keeps nothing with a failure that is the only one", async () => {
    const error = new Error("at once");
    const answer = retry(() => Promise.reject(error), { attempts: 1 });
    await expect(answer).rejects.toBe(error);
    expect(failuresOf(error)).toEqual([error]);
  });

  test("keeps the last hundred failures of endless attempts", async () => {
    await withVirtualClock(async () => {
      let calls = 0;
      const error: unknown = await retry(() => Promise.reject(new Error(String(++calls))), {
        attempts: 500,
        backoff: constant(1),
      }).catch((thrown: unknown) => thrown);
      const messages = failuresOf(error).map((failure) => (failure as Error).message);
      expect(messages.slice(0, 3)).toEqual(["500", "400", "401"]);
      expect(messages).toHaveLength(101);
    });
  });

  test("gives each attempt its number, a scope of its own, and the failure before", async () => {
    await withVirtualClock(async () => {
      const attempts: Attempt[] = [];
      await retry(
        (attempt) => {
          attempts.push(attempt);
          if (attempt.number < 3) throw new Error(`failure ${attempt.number}`);
        },
        { backoff: constant(1) },
      );
      expect(attempts.map(({ number }) => number)).toEqual([1, 2, 3]);
      expect(attempts.map(({ error }) => String(error))).toEqual([
        "undefined",
        "Error: failure 1",
        "Error: failure 2",
      ]);
      expect(new Set(attempts.map(({ scope }) => scope)).size).toBe(3);
      for (const { scope, signal } of attempts) {
        expect(scope).toBeInstanceOf(CancelScope);
        expect(signal).toBe(scope.signal);
      }
    });
  });

  test("a backoff of zero waits for a turn of the event loop: endless attempts starve nobody", async () => {
    let over = false;
    setImmediate(() => {
      over = true;
    });
    const attempts = await retry(
      (attempt) => {
        if (!over) throw new Error("not yet");
        return attempt.number;
      },
      { attempts: Infinity, backoff: constant(0) },
    );
    expect(attempts).toBeGreaterThan(1);
  });

  test.each([undefined, null, 0, "", false, Number.NaN, "text", {}])(
    "pitfall 17: a rejection with %o arrives as it is",
    async (reason) => {
      await withVirtualClock(async () => {
        let calls = 0;
        const seen: unknown[] = [];
        const outcome = await retry(
          (attempt) => {
            calls++;
            seen.push(attempt.error);
            return Promise.reject(reason);
          },
          { attempts: 2, backoff: constant(1) },
        ).then(
          () => "resolved",
          (error: unknown) => [error],
        );
        expect(outcome).toEqual([reason]);
        expect(calls).toBe(2);
        expect(seen).toEqual([undefined, reason]);
      });
    },
  );

  test("pitfall 18: takes what returns or throws at once, and thenables", async () => {
    const thenable = {
      // oxlint-disable-next-line unicorn/no-thenable -- what is tested
      then: (resolve: (value: string) => void) => resolve("thenable"),
    } as PromiseLike<string>;
    expect(await retry(() => 1)).toBe(1);
    expect(await retry(() => undefined)).toBeUndefined();
    expect(await retry(() => thenable)).toBe("thenable");
    const thrown = retry(
      () => {
        throw new RangeError("sync");
      },
      { attempts: 1 },
    );
    await expect(thrown).rejects.toThrow(RangeError);
  });

  test("the signal of the attempt that succeeded does not abort when the call has ended", async () => {
    const signal = await retry((attempt) => attempt.signal);
    expect(signal.aborted).toBe(false);
  });

  test("its wait has a name", async () => {
    await withVirtualClock(async (clock) => {
      const scope = new CancelScope();
      const call = scope.run(() =>
        retry((attempt) => (attempt.number === 1 ? Promise.reject(new Error("down")) : 1), {
          name: "ask",
          ...at(scope),
        }),
      );
      await clock.runUntilIdle();
      expect(waitTree(scope)).toBe('scope\n└─ waits for backoff "ask"');
      expect(await call).toBe(1);
    });
  });

  test("may be shared: two calls with one backoff do not know of each other", async () => {
    await withVirtualClock(async () => {
      const seen: unknown[] = [];
      const backoff = (attempt: number, previousMs: number | undefined): number => {
        seen.push([attempt, previousMs]);
        return 10;
      };
      const call = (): Promise<never> =>
        retry(() => sleep(5).then(() => Promise.reject(new Error("no"))), { backoff });
      await Promise.allSettled([call(), call()]);
      const both = [1, undefined];
      expect(seen).toEqual([both, both, [2, 10], [2, 10]]);
    });
  });
});
