import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, failuresOf, isCancellation, now, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { retry } from "../../src/resilience/retry.ts";
import { RetryBudget } from "../../src/resilience/retry-budget.ts";
import { ambientTest, at } from "../support/mode.ts";
import { timersLeftBy } from "../support/timers.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("a cancellation", () => {
  test.each([new Error("enough"), "enough", 0, null])(
    "pitfall 6: of the signal with %o ends the backoff at once, and nothing is called after it",
    async (reason) => {
      await withVirtualClock(async () => {
        const controller = new AbortController();
        let calls = 0;
        const call = retry(
          () => {
            calls++;
            throw new Error("down");
          },
          { backoff: constant(500), signal: controller.signal },
        );
        const ended = call.catch((error: unknown) => [error, now()]);
        await sleep(20);
        controller.abort(reason);
        expect(await ended).toEqual([reason, 20]);
        await sleep(600);
        expect(calls).toBe(1);
        expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
      });
    },
  );

  ambientTest("of the scope ends the backoff at once (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const scope = new CancelScope();
      let calls = 0;
      const call = scope.run(() =>
        retry(
          () => {
            calls++;
            throw new Error("down");
          },
          { backoff: constant(500) },
        ),
      );
      await sleep(20);
      scope.cancel("enough");
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      expect(isCancellation(error)).toBe(true);
      expect((error as CancelledError).reason).toBe("enough");
      expect([calls, now()]).toEqual([1, 20]);
      // It is shared by all whom it reaches: no failure is kept with it.
      expect(failuresOf(error)).toEqual([error]);
    });
  });

  test("that was there before has nothing called", async () => {
    let called = false;
    const call = retry(
      () => {
        called = true;
      },
      { signal: AbortSignal.abort("before") },
    );
    await expect(call).rejects.toBe("before");
    expect(called).toBe(false);
  });

  test("reaches the attempt, and is not retried", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      let calls = 0;
      const call = retry(
        (attempt) => {
          calls++;
          return sleep(500, at(attempt.scope));
        },
        { backoff: constant(1), signal: controller.signal, retryIf: () => true },
      );
      const ended = call.catch((error: unknown) => [error, now()]);
      await sleep(20);
      controller.abort("enough");
      expect(await ended).toEqual(["enough", 20]);
      await sleep(100);
      expect(calls).toBe(1);
    });
  });

  test("does not hide what the attempt fails with, which is not retried", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const failures = [new Error("before"), new Error("while cleaning up")];
      const call = retry(
        async (attempt) => {
          if (attempt.number === 1) throw failures[0]!;
          await sleep(500, at(attempt.scope)).catch(() => {
            throw failures[1]!;
          });
        },
        { backoff: constant(1), signal: controller.signal },
      );
      const ended = call.catch((error: unknown) => error);
      await sleep(20);
      controller.abort("enough");
      expect(await ended).toBe(failures[1]);
      expect(failuresOf(failures[1])).toEqual([failures[1], failures[0]]);
    });
  });

  test("in the step in which the backoff is over has nothing called after it", async () => {
    await withVirtualClock(async () => {
      for (const before of [true, false]) {
        for (let turns = 0; turns < 12; turns++) {
          const controller = new AbortController();
          let calls = 0;
          let atAbort = 0;
          const abort = async (): Promise<void> => {
            await sleep(50);
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            controller.abort("just in time");
            atAbort = calls;
          };
          const aborted = before ? abort() : undefined;
          const call = retry(
            () => {
              calls++;
              return Promise.reject(new Error("down"));
            },
            { attempts: 9, backoff: constant(50), signal: controller.signal },
          );
          const ended = call.catch((error: unknown) => String(error));
          await (aborted ?? abort());
          // An attempt that was under way has failed in spite of it; that is thrown.
          expect(["just in time", "Error: down"]).toContain(await ended);
          expect(calls).toBe(atAbort);
        }
      }
    });
  });

  test("while retryIf decides ends the call when it has", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      let calls = 0;
      const call = retry(
        () => {
          calls++;
          throw new Error("down");
        },
        {
          backoff: constant(1),
          signal: controller.signal,
          retryIf: () => sleep(30).then(() => true),
        },
      );
      const ended = call.catch((error: unknown) => [error, now()]);
      await sleep(20);
      controller.abort("enough");
      expect(await ended).toEqual(["enough", 30]);
      expect(calls).toBe(1);
    });
  });

  test("while retryIf decides asks for no delay, pays nothing and is thrown, whichever way it came", async () => {
    await withVirtualClock(async () => {
      const scope = new CancelScope();
      const controller = new AbortController();
      const budget = new RetryBudget();
      let told = 0;
      const ends = [scope.signal, controller.signal].map((signal) =>
        retry(() => Promise.reject(new Error("down")), {
          signal,
          budget,
          backoff: () => ++told,
          onRetry: () => ++told,
          retryIf: async () => {
            await sleep(30);
            return true;
          },
        }).catch((error: unknown) => error),
      );
      await sleep(20);
      scope.cancel("enough");
      controller.abort("enough");
      expect(await Promise.all(ends)).toEqual([
        expect.objectContaining({ name: "AbortError", reason: "enough" }),
        "enough",
      ]);
      expect([told, budget.stats().retries]).toEqual([0, 0]);
    });
  });

  test("pitfall 25: leaves no timer of a backoff", async () => {
    const left = await timersLeftBy(async () => {
      const controller = new AbortController();
      const call = retry(() => Promise.reject(new Error("down")), {
        backoff: constant(1e6),
        signal: controller.signal,
        onRetry: () => setImmediate(() => controller.abort("enough")),
      });
      await expect(call).rejects.toBe("enough");
    });
    expect(left).toBe(0);
  });

  test("leaves no listener on a signal that lives on, however the calls end", async () => {
    await withVirtualClock(async () => {
      const { signal } = new AbortController();
      for (let i = 0; i < 20; i++) {
        await retry(() => i, { signal });
        await retry(() => Promise.reject(new Error("no")), {
          attempts: 2,
          backoff: constant(1),
          signal,
        }).catch(() => {});
      }
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    });
  });

  test("that nobody listens to is no unhandled rejection", async () => {
    const unhandled = await unhandledDuring(() =>
      withVirtualClock(async () => {
        const controller = new AbortController();
        const ended: Promise<unknown>[] = [];
        for (const ms of [0, 10]) {
          ended.push(
            retry(() => sleep(ms).then(() => Promise.reject(new Error("down"))), {
              backoff: constant(100),
              signal: controller.signal,
            }).catch(() => {}),
          );
        }
        await sleep(50);
        controller.abort();
        await Promise.all(ended);
      }),
    );
    expect(unhandled).toEqual([]);
  });
});

test("an attempt that is cancelled by itself has failed, and is retried", async () => {
  await withVirtualClock(async () => {
    const errors: unknown[] = [];
    const answer = await retry(
      async (attempt) => {
        errors.push(attempt.error);
        if (attempt.number === 1) {
          attempt.scope.cancel("too slow");
          await sleep(10, at(attempt.scope));
        }
        return "done";
      },
      { backoff: constant(1) },
    );
    expect(answer).toBe("done");
    expect(errors[1]).toBeInstanceOf(CancelledError);
  });
});

test("an AbortError of somebody else is a failure like any other", async () => {
  await withVirtualClock(async () => {
    let calls = 0;
    const answer = await retry(
      () => {
        if (++calls === 1) throw new DOMException("theirs", "AbortError");
        return calls;
      },
      { backoff: constant(1) },
    );
    expect(answer).toBe(2);
  });
});
