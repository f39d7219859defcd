import { describe, expect, test } from "vitest";
import { CancelScope, now, shield, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";

describe("shield()", () => {
  test("lets cleanup in a cancelled scope wait", () =>
    withVirtualClock(async () => {
      const steps: string[] = [];
      const scope = new CancelScope();
      const run = scope.run(async () => {
        try {
          await sleep(0, at(scope));
        } finally {
          await shield(
            async (cleanup) => {
              await sleep(5, at(cleanup));
              steps.push(`cleaned at ${now()}`);
            },
            { timeoutMs: 100 },
          );
          await sleep(0, at(scope)).catch(() => steps.push("cancelled again outside of it"));
        }
      });
      scope.cancel("stop");
      await expect(run).rejects.toMatchObject({ reason: "stop" });
      expect(steps).toEqual(["cleaned at 5", "cancelled again outside of it"]);
    }));

  test("hides a cancellation that comes meanwhile, and the wait after it rejects", () =>
    withVirtualClock(async () => {
      const outer = new CancelScope();
      const run = outer.run(async () => {
        const value = await shield(
          async (scope) => {
            const wait = sleep(5, at(scope));
            outer.cancel("meanwhile");
            expect(scope.cancelled).toBe(false);
            await wait;
            return "value";
          },
          { timeoutMs: 100 },
        );
        expect(value).toBe("value");
        await sleep(0, at(outer));
      });
      await expect(run).rejects.toMatchObject({ reason: "meanwhile" });
    }));

  test("throws a TimeoutError at its bound, in a cancelled scope too", () =>
    withVirtualClock(async () => {
      const outer = new CancelScope();
      outer.cancel();
      await outer.run(async () => {
        const bounded = shield((scope) => sleep(Infinity, at(scope)), {
          timeoutMs: 20,
          name: "close",
        });
        await expect(bounded).rejects.toBeInstanceOf(TimeoutError);
        await expect(bounded).rejects.toMatchObject({ scopeName: "close", deadline: 20 });
        expect(now()).toBe(20);
      });
    }));

  test("with a bound of 0 cancels the first wait", () =>
    withVirtualClock(async () => {
      await expect(shield((scope) => sleep(5, at(scope)), { timeoutMs: 0 })).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(now()).toBe(0);
    }));

  test("begins in a cancelled scope: it is no cancel point", async () => {
    const outer = new CancelScope();
    outer.cancel();
    await expect(outer.run(() => shield(() => "ran", { timeoutMs: 5 }))).resolves.toBe("ran");
  });

  test("three levels deep: each hides what is outside of it, and no more", () =>
    withVirtualClock(async () => {
      const outer = new CancelScope({ name: "outer" });
      const order: string[] = [];
      const run = outer.run(() =>
        shield(
          async (first) => {
            const middle = new CancelScope({ ...at(first) });
            await middle
              .run(() =>
                shield(
                  async (second) => {
                    outer.cancel("outer");
                    middle.cancel("middle");
                    await sleep(1, at(second));
                    order.push("second waits");
                    const inner = new CancelScope({ ...at(second) });
                    await inner
                      .run(() =>
                        shield(
                          async (third) => {
                            inner.cancel("inner");
                            second.cancel("second");
                            await sleep(1, at(third));
                            order.push("third waits");
                          },
                          { timeoutMs: 100 },
                        ).then(() => sleep(0, at(inner))),
                      )
                      .catch((error: { reason: unknown }) =>
                        order.push(`inner: ${String(error.reason)}`),
                      );
                    await sleep(0, at(second));
                  },
                  { timeoutMs: 100 },
                ),
              )
              .catch((error: { reason: unknown }) => order.push(`middle: ${String(error.reason)}`));
            await sleep(1, at(first));
            order.push("first waits");
          },
          { timeoutMs: 100 },
        ).then(() => sleep(0, at(outer))),
      );
      await expect(run).rejects.toMatchObject({ reason: "outer" });
      expect(order).toEqual([
        "second waits",
        "third waits",
        // Of its own and the outer one that is visible, the outer.
        "inner: second",
        // Any AbortError of a cancelled scope's work, also that of a shield within, is its cancellation.
        "middle: middle",
        "first waits",
      ]);
    }));

  test("an inner shield hides the bound of the outer one", () =>
    withVirtualClock(async () => {
      const steps: string[] = [];
      const run = shield(
        async () => {
          await shield(
            async (inner) => {
              await sleep(50, at(inner));
              steps.push(`inner ended at ${now()}`);
            },
            { timeoutMs: 1_000 },
          );
        },
        { timeoutMs: 10 },
      );
      await run;
      expect(steps).toEqual(["inner ended at 50"]);
    }));

  test("hides an outer timeout; its own error passes it", () =>
    withVirtualClock(async () => {
      const failure = new Error("cleanup failed");
      await expect(
        timeout(5, () =>
          shield(
            async (scope) => {
              await sleep(10, at(scope));
              throw failure;
            },
            { timeoutMs: 100 },
          ),
        ),
      ).rejects.toBe(failure);
    }));

  test("a shielded scope hides its signal from outside as well", () =>
    withVirtualClock(async () => {
      const controller = new AbortController();
      const scope = new CancelScope({ shield: true, signal: controller.signal });
      await scope.run(async () => {
        controller.abort();
        expect(scope.cancelled).toBe(false);
        await sleep(5, at(scope));
      });
    }));

  test("is cancelled by itself all the same", async () => {
    const scope = new CancelScope({ shield: true });
    const run = scope.run(() => sleep(Infinity, at(scope)));
    scope.cancel("itself");
    await expect(run).rejects.toMatchObject({ reason: "itself" });
  });
});

describe("misuse", () => {
  const cases: [unknown, unknown, typeof TypeError | typeof RangeError, string][] = [
    [() => 0, undefined, TypeError, '"timeoutMs" must be a number of milliseconds'],
    [() => 0, {}, TypeError, '"timeoutMs" must be a number of milliseconds, received undefined'],
    [() => 0, { timeoutMs: Infinity }, RangeError, '"timeoutMs" must be finite, received Infinity'],
    [() => 0, { timeoutMs: Number.NaN }, RangeError, "received NaN"],
    [() => 0, { timeoutMs: "5" }, TypeError, 'received "5"'],
    [() => 0, null, TypeError, '"options" must be an object, received null'],
    [5, { timeoutMs: 5 }, TypeError, '"fn" must be a function, received 5'],
  ];
  test.each(cases)("shield(%o, %o) rejects", async (fn, options, type, message) => {
    const call = shield(fn as never, options as never);
    await expect(call).rejects.toBeInstanceOf(type);
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.toThrow(/^Cannot shield: /);
  });
});

test("what a shielded scope leaves behind in a cancelled one is cancelled as it ends", () =>
  withVirtualClock(async (clock) => {
    const outer = new CancelScope();
    let stray: Promise<unknown> | undefined;
    const run = outer.run(async () => {
      outer.cancel("over");
      await shield(
        (scope) => {
          stray = sleep(60_000, at(scope)).catch((error: unknown) => error);
        },
        { timeoutMs: 10, ...at(outer) },
      );
    });
    await run;
    expect(await stray).toBe(outer.signal.reason);
    expect(clock.now()).toBe(0);
  }));
