import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  CancelScope,
  checkpoint,
  currentSignal,
  now,
  sleep,
  waitTree,
} from "corral";
import { deferred } from "../support/deferred.ts";
import { at, ambientTest } from "../support/mode.ts";

describe("run()", () => {
  test("calls its function at once, with the scope, and gives what it returns", async () => {
    const scope = new CancelScope();
    let given: CancelScope | undefined;
    const run = scope.run((it) => {
      given = it;
      return "value";
    });
    expect(given).toBe(scope);
    await expect(run).resolves.toBe("value");
  });

  test("passes an error of its function as it is, thrown or rejected, falsy ones too", async () => {
    const error = new Error("failed");
    await expect(new CancelScope().run(() => Promise.reject(error))).rejects.toBe(error);
    await expect(
      new CancelScope().run(() => {
        throw error;
      }),
    ).rejects.toBe(error);
    await expect(new CancelScope().run(() => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  test("waits for a thenable", async () => {
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    const thenable = { then: (resolve: (value: string) => void) => resolve("value") };
    await expect(
      new CancelScope().run(() => thenable as unknown as PromiseLike<string>),
    ).resolves.toBe("value");
  });

  test("is for one use: rejects while it runs and after its end", async () => {
    const scope = new CancelScope();
    let calls = 0;
    const first = scope.run(async () => {
      calls++;
      await checkpoint();
    });
    await expect(scope.run(() => calls++)).rejects.toThrow(
      "Cannot run a cancel scope: expected one that was never run, received one that is running",
    );
    await first;
    const again = scope.run(() => calls++);
    await expect(again).rejects.toBeInstanceOf(TypeError);
    await expect(again).rejects.toThrow("received one that has ended");
    expect(calls).toBe(1);
  });

  test("rejects for what is no function", async () => {
    await expect(new CancelScope().run(undefined as never)).rejects.toThrow(
      'Cannot run a cancel scope: "fn" must be a function, received undefined',
    );
    await expect(new CancelScope().run(Promise.resolve() as never)).rejects.toThrow(
      "(a promise has already started)",
    );
  });

  test("of a scope that was cancelled before calls its function, which ends at its first wait", async () => {
    const scope = new CancelScope();
    scope.cancel("early");
    const steps: string[] = [];
    const run = scope.run(async () => {
      steps.push("called");
      await sleep(0, at(scope));
      steps.push("not reached");
    });
    await expect(run).rejects.toMatchObject({ reason: "early" });
    expect(steps).toEqual(["called"]);
  });

  ambientTest("makes the scope current for all that it starts (needs ambient scopes)", async () => {
    const scope = new CancelScope();
    expect(CancelScope.current).toBeUndefined();
    await scope.run(async () => {
      expect(CancelScope.current).toBe(scope);
      await checkpoint();
      expect(CancelScope.current).toBe(scope);
      await new Promise((resolve) => setImmediate(resolve));
      expect(CancelScope.current).toBe(scope);
    });
    expect(CancelScope.current).toBeUndefined();
  });
});

describe("cancel()", () => {
  test("rejects what waits, and each further wait again", async () => {
    const scope = new CancelScope();
    const caught: unknown[] = [];
    await scope.run(async () => {
      const pending = sleep(Infinity, at(scope));
      scope.cancel("enough");
      await pending.catch((error: unknown) => caught.push(error));
      for (let i = 0; i < 3; i++) {
        await sleep(0, at(scope)).catch((error: unknown) => caught.push(error));
      }
      await Promise.resolve(checkpoint(at(scope))).catch((error: unknown) => caught.push(error));
    });
    expect(caught).toHaveLength(5);
    // One cancellation, one error, shared by all whom it reaches.
    expect(new Set(caught).size).toBe(1);
    expect(caught[0]).toBeInstanceOf(CancelledError);
  });

  test("counts once: the first reason wins", async () => {
    const scope = new CancelScope();
    const first = new Error("first");
    scope.cancel(first);
    const { reason } = scope.signal as { reason: unknown };
    scope.cancel(new Error("second"));
    expect(scope.reason).toBe(first);
    expect(scope.signal.reason).toBe(reason);
    await expect(scope.run(() => sleep(0, at(scope)))).rejects.toBe(reason);
  });

  test("counts once, be it that the reason cancels it while it is looked at", () => {
    const scope = new CancelScope();
    class Why extends Error {
      override get message(): string {
        scope.cancel("second");
        return "first";
      }
    }
    const first = new Why();
    scope.cancel(first);
    expect(scope.reason).toBe(first);
  });

  test("is never undone: not by its end, not by a deadline that moves away", async () => {
    const scope = new CancelScope({ timeoutMs: 1_000 });
    await scope.run(() => {
      scope.cancel();
      scope.deadline = Infinity;
    });
    expect(scope.cancelled).toBe(true);
    expect(() => scope.throwIfCancelled()).toThrow(CancelledError);
  });

  test("gives one CancelledError that platform code takes for an AbortError", async () => {
    const scope = new CancelScope();
    const why = new Error("why");
    scope.cancel(why);
    const error = await scope.run(() => sleep(0, at(scope))).then(undefined, (e: unknown) => e);
    expect(error).toBe(scope.signal.reason);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).toMatchObject({ name: "AbortError", code: "ABORT_ERR", reason: why, cause: why });
    expect(scope.reason).toBe(why);
  });

  test("reaches what is within, with the one error of the cancellation", async () => {
    const outer = new CancelScope();
    const inner = new CancelScope();
    const caught: unknown[] = [];
    await outer.run(async () => {
      await new CancelScope(at(outer)).run((middle) =>
        new CancelScope(at(middle))
          .run(async (scope) => {
            outer.cancel("all");
            expect(scope.cancelled).toBe(true);
            expect(scope.reason).toBe("all");
            await sleep(0, at(scope)).catch((error: unknown) => caught.push(error));
          })
          .finally(() => caught.push(outer.signal.reason)),
      );
    });
    expect(caught[0]).toBe(caught[1]);
    expect(inner.cancelled).toBe(false);
  });

  test("leaves what is around alone", async () => {
    const outer = new CancelScope();
    await outer.run(async () => {
      const inner = new CancelScope(at(outer));
      inner.cancel("inner");
      await expect(inner.run(() => sleep(0, at(inner)))).rejects.toMatchObject({ reason: "inner" });
      expect(outer.cancelled).toBe(false);
      await sleep(0, at(outer));
    });
    expect(outer.reason).toBeUndefined();
    expect(() => outer.throwIfCancelled()).not.toThrow();
  });

  test("after the end does nothing", async () => {
    const scope = new CancelScope();
    const { signal } = scope;
    await scope.run(() => undefined);
    scope.cancel("late");
    expect(scope.cancelled).toBe(false);
    expect(scope.reason).toBeUndefined();
    expect(signal.aborted).toBe(false);
  });

  test("does not discard what the function returns in spite of it", async () => {
    const scope = new CancelScope();
    await expect(
      scope.run(() => {
        scope.cancel();
        return "value";
      }),
    ).resolves.toBe("value");
  });

  test("without a reason leaves it undefined", async () => {
    const scope = new CancelScope();
    scope.cancel();
    expect(scope.cancelled).toBe(true);
    expect(scope.reason).toBeUndefined();
    await expect(scope.run(() => sleep(0, at(scope)))).rejects.toBeInstanceOf(CancelledError);
  });
});

describe("signal", () => {
  test("is one and the same, and aborts with the scope's CancelledError", () => {
    const scope = new CancelScope();
    const { signal } = scope;
    expect(scope.signal).toBe(signal);
    expect(signal.aborted).toBe(false);
    scope.cancel("stop");
    expect(scope.signal).toBe(signal);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(CancelledError);
    expect((signal.reason as CancelledError).reason).toBe("stop");
  });

  test("that is first read after the cancellation is aborted already", () => {
    const scope = new CancelScope();
    scope.cancel("stop");
    expect(scope.signal.aborted).toBe(true);
    expect((scope.signal.reason as CancelledError).reason).toBe("stop");
  });

  test("that is first read after the end is one and the same too", async () => {
    const scope = new CancelScope();
    await scope.run(() => undefined);
    expect(scope.signal).toBe(scope.signal);
    expect(scope.signal.aborted).toBe(false);
  });

  test("of a scope that has not run yet already cancels waits", async () => {
    const scope = new CancelScope();
    const wait = sleep(Infinity, { signal: scope.signal });
    scope.cancel("stop");
    await expect(wait).rejects.toBe(scope.signal.reason);
  });
});

describe("a signal from outside", () => {
  test("is an outer cancellation: the call rejects with its raw reason", async () => {
    const controller = new AbortController();
    const raw = { plain: "object" };
    const scope = new CancelScope({ signal: controller.signal });
    let seen: unknown;
    const run = scope.run(async () => {
      const wait = sleep(Infinity, at(scope));
      controller.abort(raw);
      await wait.catch((error: unknown) => {
        seen = error;
        throw error;
      });
    });
    await expect(run).rejects.toBe(raw);
    // Within, the scope sees its CancelledError.
    expect(seen).toBeInstanceOf(CancelledError);
    expect(seen).toBe(scope.signal.reason);
    expect(scope.reason).toBe(raw);
  });

  test("that is aborted already: the function runs to its first wait", async () => {
    const raw = new Error("raw");
    const scope = new CancelScope({ signal: AbortSignal.abort(raw) });
    let called = false;
    const run = scope.run(async () => {
      called = true;
      await sleep(0, at(scope));
    });
    await expect(run).rejects.toBe(raw);
    expect(called).toBe(true);
  });

  ambientTest("cancels beside the ambient scope (needs ambient scopes)", async () => {
    const controller = new AbortController();
    const outer = new CancelScope();
    await outer.run(async () => {
      const inner = new CancelScope({ signal: controller.signal });
      const run = inner.run(() => sleep(Infinity));
      controller.abort("raw");
      await expect(run).rejects.toBe("raw");
      expect(outer.cancelled).toBe(false);

      const other = new CancelScope({ signal: new AbortController().signal });
      const pending = other.run(() => sleep(Infinity));
      outer.cancel("outer");
      await expect(pending).rejects.toBe(outer.signal.reason);
    });
  });

  test("made by a scope names that scope itself, with its reason and deadline", async () => {
    const parent = new CancelScope({ timeoutMs: 60_000 });
    await parent.run(async () => {
      const child = new CancelScope({ signal: parent.signal });
      await child.run(async () => {
        expect(child.effectiveDeadline).toBe(parent.deadline);
        const wait = sleep(Infinity, at(child));
        parent.cancel("why");
        expect(child.cancelled).toBe(true);
        expect(child.reason).toBe("why");
        await expect(wait).rejects.toBe(parent.signal.reason);
      });
    });
  });
});

test("throwIfCancelled() throws the error that waits reject with", async () => {
  const scope = new CancelScope();
  scope.throwIfCancelled();
  scope.cancel("stop");
  expect(() => scope.throwIfCancelled()).toThrow(scope.signal.reason as Error);
});

describe("misuse", () => {
  const cases: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [null, TypeError, '"options" must be an object, received null'],
    [5, TypeError, '"options" must be an object, received 5'],
    [{ timeoutMs: "5" }, TypeError, '"timeoutMs" must be a number of milliseconds, received "5"'],
    [{ timeoutMs: Number.NaN }, RangeError, '"timeoutMs" must be a number of milliseconds'],
    [{ deadline: Number.NaN }, RangeError, '"deadline" must be a number of milliseconds'],
    [{ deadline: new Date() }, TypeError, '"deadline" must be a number of milliseconds'],
    [{ signal: {} }, TypeError, '"signal" must be an AbortSignal, received an object'],
    [{ signal: null }, TypeError, '"signal" must be an AbortSignal, received null'],
    [{ signal: new AbortController() }, TypeError, '"signal" must be an AbortSignal'],
  ];
  test.each(cases)("new CancelScope(%o) throws", (options, type, message) => {
    const create = (): CancelScope => new CancelScope(options as never);
    expect(create).toThrow(type);
    expect(create).toThrow(message);
    expect(create).toThrow(/^Cannot [a-z ]+: "/);
  });
});

describe("a scope that is given the signal of another one of its tree", () => {
  ambientTest(
    "has one place in it where it would be reached anyway (needs ambient scopes)",
    async () => {
      const outer = new CancelScope({ name: "outer" });
      await outer.run(() =>
        new CancelScope({ name: "middle" }).run(() => {
          const inner = new CancelScope({ name: "inner", signal: outer.signal });
          return inner.run(() => {
            expect([inner.link, inner.parent]).toEqual([undefined, CancelScope.current?.parent]);
            expect(waitTree(outer).split("\n")).toEqual([
              'scope "outer"',
              '└─ scope "middle"',
              '   └─ scope "inner"',
            ]);
          });
        }),
      );
    },
  );

  ambientTest("is below the inner one of both (needs ambient scopes)", async () => {
    const [outer, inner] = [new CancelScope({ name: "outer" }), new CancelScope({ name: "inner" })];
    await outer.run(async () => {
      const hold = deferred();
      const run = inner.run(() => hold.promise);
      const scope = new CancelScope({ name: "scope", signal: inner.signal });
      await scope.run(() => {
        expect([scope.link, scope.parent]).toEqual([undefined, inner]);
      });
      hold.resolve();
      await run;
    });
  });

  ambientTest(
    "has a second place where a shield is between them (needs ambient scopes)",
    async () => {
      const outer = new CancelScope();
      let end: unknown;
      await outer.run(() =>
        new CancelScope({ shield: true }).run(async () => {
          const inner = new CancelScope({ signal: outer.signal });
          const run = inner.run(() => sleep(60_000));
          outer.cancel("over");
          end = await run.catch((error: unknown) => error);
        }),
      );
      expect(end).toBe(outer.signal.reason);
    },
  );
});

test("a scope shows its name and its state as text and in the console", async () => {
  expect(String(new CancelScope())).toBe('CancelScope ""');
  const scope = new CancelScope({ name: "load", shield: true });
  expect(String(scope)).toBe('CancelScope "load" (shielded)');
  const run = scope.run(() => {
    scope.cancel("why");
    expect(inspect(scope)).toBe('CancelScope "load" (cancelled, shielded)');
  });
  await run;
  expect(String(scope)).toBe('CancelScope "load" (cancelled, ended)');
  expect(scope.reason).toBe("why");
  const ended = new CancelScope();
  await ended.run(() => {});
  expect([String(ended), ended.cancelled, ended.reason]).toEqual([
    'CancelScope "" (ended)',
    false,
    undefined,
  ]);
});

ambientTest(
  "stray code of a scope that has ended is in the signal from outside, which is no scope (needs ambient scopes)",
  async () => {
    const { signal } = new AbortController();
    const scope = new CancelScope({ signal });
    const seen: unknown[] = [];
    let stray: Promise<void> | undefined;
    await scope.run(() => {
      stray = sleep(1).then(() => void seen.push(CancelScope.current, currentSignal()));
      seen.push(CancelScope.current, currentSignal());
    });
    await stray;
    expect(seen).toEqual([scope, scope.signal, undefined, signal]);
  },
);

test("the effective deadline counts open scopes alone", async () => {
  const { signal } = new AbortController();
  const outer = new CancelScope({ deadline: now() + 60_000, signal });
  const inner = new CancelScope({ deadline: now() + 30_000, signal: outer.signal });
  await outer.run(async () => {
    await inner.run(() => expect(inner.effectiveDeadline).toBe(inner.deadline));
    expect(outer.effectiveDeadline).toBe(outer.deadline);
    expect(inner.effectiveDeadline).toBe(outer.deadline);
  });
});
