import { describe, expect, test } from "vitest";
import { CancelScope, failuresOf, isCancellation, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { fallback } from "../../src/resilience/fallback.ts";
import { ambientTest, at } from "../support/mode.ts";

const down = new Error("down");

describe("fallback()", () => {
  test("gives what the function gives, and calls nothing else", async () => {
    let called = false;
    const answer = await fallback(
      (scope) => scope,
      () => {
        called = true;
      },
    );
    expect(answer).toBeInstanceOf(CancelScope);
    expect(called).toBe(false);
  });

  test("gives what the other makes of the failure, at once or later", async () => {
    const seen: unknown[] = [];
    const answer = fallback(
      () => Promise.reject(down),
      (error) => {
        seen.push(error);
        return "old";
      },
    );
    expect(await answer).toBe("old");
    expect(seen).toEqual([down]);
    const thrown = fallback(
      () => {
        throw down;
      },
      async () => undefined,
    );
    expect(await thrown).toBeUndefined();
  });

  test.each([undefined, null, 0, ""])(
    "pitfall 17: hands a rejection with %o on",
    async (reason) => {
      const answer = fallback(
        () => Promise.reject(reason),
        (error) => [error],
      );
      expect(await answer).toEqual([reason]);
    },
  );

  test("lets failures pass that it does not handle", async () => {
    const other = fallback(
      () => Promise.reject(new RangeError("handled")),
      () => "old",
      { handles: (it) => it !== down },
    );
    expect(await other).toBe("old");
    const call = fallback(
      () => Promise.reject(down),
      () => "old",
      { handles: (it) => it !== down },
    );
    await expect(call).rejects.toBe(down);
  });

  test("takes the timeout of what is within for a failure", async () => {
    await withVirtualClock(async () => {
      const answer = fallback(
        (scope) => timeout(10, (inner) => sleep(100, at(inner)), at(scope)),
        (error) => error instanceof TimeoutError,
      );
      expect(await answer).toBe(true);
    });
  });

  test("pitfall 10: throws what the other fails with; failuresOf() tells of both", async () => {
    const broken = new Error("broken");
    const call = fallback(
      () => Promise.reject(down),
      () => Promise.reject(broken),
    );
    await expect(call).rejects.toBe(broken);
    expect(failuresOf(broken)).toEqual([broken, down]);
    const undecided = new Error("undecided");
    const handles = (): never => {
      throw undecided;
    };
    await expect(
      fallback(
        () => Promise.reject(down),
        () => 1,
        { handles },
      ),
    ).rejects.toBe(undecided);
    expect(failuresOf(undecided)).toEqual([undecided, down]);
  });
});

describe("a cancellation under fallback()", () => {
  test("by its signal passes, and the other is not called", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      let called = false;
      const call = fallback(
        (scope) => sleep(100, at(scope)),
        () => {
          called = true;
        },
        { signal: controller.signal },
      );
      const ended = call.catch((error: unknown) => error);
      await sleep(10);
      controller.abort("enough");
      expect(await ended).toBe("enough");
      expect(called).toBe(false);
    });
  });

  test("by the scope around passes", async () => {
    await withVirtualClock(async () => {
      let called = false;
      const call = timeout(10, (around) =>
        fallback(
          (scope) => sleep(100, at(scope)),
          () => {
            called = true;
          },
          at(around),
        ),
      );
      await expect(call).rejects.toThrow(TimeoutError);
      expect(called).toBe(false);
    });
  });

  test("by itself passes", async () => {
    const call = fallback(
      (scope) => {
        scope.cancel("enough");
        scope.throwIfCancelled();
      },
      () => "old",
    );
    expect(isCancellation(await call.catch((error: unknown) => error))).toBe(true);
  });

  test("lets a failure pass that came beside it", async () => {
    const call = fallback(
      (scope) => {
        scope.cancel("enough");
        throw down;
      },
      () => "old",
    );
    await expect(call).rejects.toBe(down);
  });

  test("that was there before has nothing called", async () => {
    const calls: string[] = [];
    const call = fallback(
      () => calls.push("fn"),
      () => calls.push("otherwise"),
      { signal: AbortSignal.abort("before") },
    );
    await expect(call).rejects.toBe("before");
    expect(calls).toEqual([]);
  });

  ambientTest(
    "while the other waits passes, and carries no failures (needs ambient scopes)",
    async () => {
      await withVirtualClock(async () => {
        const scope = new CancelScope();
        const call = scope.run(() =>
          fallback(
            () => Promise.reject(down),
            () => sleep(100),
          ),
        );
        await sleep(10);
        scope.cancel("enough");
        const error: unknown = await call.catch((thrown: unknown) => thrown);
        expect(isCancellation(error)).toBe(true);
        expect(failuresOf(error)).toEqual([error]);
      });
    },
  );
});

describe("misuse", () => {
  test("fallback() refuses what is no function, and calls nothing", async () => {
    const calls: string[] = [];
    const fn = (): number => calls.push("fn");
    await expect(fallback(undefined as never, fn)).rejects.toThrow(TypeError);
    await expect(fallback(fn, "old" as never)).rejects.toThrow(
      'Cannot run with a fallback: "otherwise" must be a function, received "old"',
    );
    for (const options of [null, 5, { handles: 1 }, { signal: {} }, { name: 1 }]) {
      await expect(fallback(fn, fn, options as never)).rejects.toThrow(TypeError);
    }
    expect(calls).toEqual([]);
  });
});
