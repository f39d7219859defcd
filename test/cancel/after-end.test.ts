import { describe, expect, test } from "vitest";
import { CancelledError, CancelScope, detached, shield, sleep, timeout } from "corral";
import { endScope, openScope } from "../../src/cancel/scope-life.ts";
import { park, WaitQueue } from "../../src/cancel/wait.ts";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest, at } from "../support/mode.ts";

describe("a scope that ended uncancelled", () => {
  ambientTest(
    "is transparent: stray code is in the nearest open ancestor (needs ambient scopes)",
    async () => {
      const leave = deferred();
      const outer = new CancelScope({ name: "outer" });
      let stray = Promise.resolve();
      const current: (string | undefined)[] = [];
      await outer.run(async () => {
        await new CancelScope({ name: "middle" }).run(() =>
          new CancelScope({ name: "inner" }).run(() => {
            stray = leave.promise.then(() => {
              current.push(CancelScope.current?.name);
            });
          }),
        );
        leave.resolve();
        await stray;
      });
      expect(current).toEqual(["outer"]);
    },
  );

  ambientTest(
    "new waits and scopes of stray code are cancelled with the ancestor (needs ambient scopes)",
    async () => {
      const leave = deferred();
      const outer = new CancelScope();
      let stray: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([]);
      const run = outer.run(async () => {
        await new CancelScope().run(() => {
          stray = leave.promise.then(() =>
            Promise.allSettled([sleep(Infinity), new CancelScope().run(() => sleep(Infinity))]),
          );
        });
        leave.resolve();
        await leave.promise;
        await Promise.resolve();
        outer.cancel("outer");
        return await stray;
      });
      const ends = await run;
      expect(ends).toHaveLength(2);
      for (const end of ends) {
        expect(end).toMatchObject({ status: "rejected", reason: { reason: "outer" } });
      }
    },
  );

  test("lets go of its waits no earlier: they are reached by an outer cancellation", async () => {
    const outer = new CancelScope();
    let stray: Promise<void> = Promise.resolve();
    await outer.run(async () => {
      await new CancelScope(at(outer)).run((inner) => {
        stray = sleep(Infinity, at(inner));
      });
      outer.cancel("outer");
    });
    await expect(stray).rejects.toMatchObject({ reason: "outer" });
  });

  test("keeps its waits within reach through several ended scopes", async () => {
    const line = new WaitQueue<void>("thing");
    const outer = new CancelScope();
    openScope(outer, undefined);
    let last = outer;
    const inner = Array.from({ length: 3 }, () => {
      const scope = new CancelScope();
      openScope(scope, last);
      return (last = scope);
    });
    const stray = park(line, last, undefined);
    for (const scope of inner) endScope(scope);
    outer.cancel("outer");
    await expect(stray.promise).rejects.toMatchObject({ reason: "outer" });
    endScope(outer);
  });

  test("its signal never aborts for the end, nor for a late cancel", async () => {
    const scope = new CancelScope();
    const { signal } = scope;
    await scope.run(() => undefined);
    scope.cancel();
    expect(signal.aborted).toBe(false);
  });

  test("its deadline is over with it", () =>
    withVirtualClock(async () => {
      let signal!: AbortSignal;
      await timeout(10, (scope) => {
        ({ signal } = scope);
      });
      await sleep(100);
      expect(signal.aborted).toBe(false);
    }));

  test("its signal still aborts when an ancestor is cancelled", async () => {
    const outer = new CancelScope();
    let signal!: AbortSignal;
    await outer.run(async () => {
      await timeout(
        1_000,
        (scope) => {
          ({ signal } = scope);
        },
        at(outer),
      );
      expect(signal.aborted).toBe(false);
      outer.cancel("outer");
      expect(signal.aborted).toBe(true);
      expect(signal.reason).toBeInstanceOf(CancelledError);
      expect(signal.reason).toBe(outer.signal.reason);
    });
  });

  test("its signal still aborts when a signal from outside does", async () => {
    const controller = new AbortController();
    let inner!: AbortSignal;
    await timeout(
      1_000,
      (scope) => {
        inner = scope.signal;
      },
      { signal: controller.signal },
    );
    controller.abort("outside");
    expect(inner.aborted).toBe(true);
    expect(inner.reason).toMatchObject({ reason: "outside" });
  });

  test("waits on its signal after the end follow the ancestor", async () => {
    const outer = new CancelScope();
    await outer.run(async () => {
      let ended!: AbortSignal;
      await new CancelScope(at(outer)).run((scope) => {
        ended = scope.signal;
      });
      await sleep(0, { signal: ended });
      const wait = sleep(Infinity, { signal: ended });
      outer.cancel("outer");
      await expect(wait).rejects.toMatchObject({ reason: "outer" });
    });
  });

  test("a shield that has ended hides its stray waits no more", async () => {
    const line = new WaitQueue<void>("thing");
    const outer = new CancelScope();
    openScope(outer, undefined);
    const scope = new CancelScope({ shield: true });
    openScope(scope, outer);
    const stray = park(line, scope, undefined);
    endScope(scope);
    outer.cancel("outer");
    // Nobody else could ever end it: the shield's own cancel() and deadline are over.
    expect(line.length).toBe(0);
    await expect(stray.promise).rejects.toMatchObject({ reason: "outer" });
    endScope(outer);
  });

  ambientTest(
    "a shield's signal aborts with an ancestor after its end (needs ambient scopes)",
    async () => {
      const outer = new CancelScope();
      await outer.run(async () => {
        let signal!: AbortSignal;
        await shield(
          (scope) => {
            ({ signal } = scope);
          },
          { timeoutMs: 100 },
        );
        outer.cancel("outer");
        expect(signal.aborted).toBe(true);
      });
    },
  );
});

describe("a scope that ended cancelled", () => {
  test("stays cancelled for stray code, and the scope around it is open to nobody of it", async () => {
    const outer = new CancelScope();
    await outer.run(async () => {
      const inner = new CancelScope(at(outer));
      await inner.run(() => inner.cancel("inner"));
      await expect(sleep(0, { signal: inner.signal })).rejects.toMatchObject({ reason: "inner" });
      const scope = new CancelScope({ signal: inner.signal });
      await expect(scope.run(() => sleep(0, at(scope)))).rejects.toBe(inner.signal.reason);
      await sleep(0, at(outer));
    });
  });

  ambientTest("stray code's waits go on rejecting (needs ambient scopes)", async () => {
    const leave = deferred();
    const outer = new CancelScope();
    await outer.run(async () => {
      const inner = new CancelScope({ name: "inner" });
      let stray = Promise.resolve();
      await inner.run(() => {
        inner.cancel("inner");
        stray = leave.promise.then(async () => {
          expect(CancelScope.current).toBe(inner);
          await sleep(0);
        });
      });
      leave.resolve();
      await expect(stray).rejects.toMatchObject({ reason: "inner" });
    });
  });
});

describe("detached()", () => {
  test("gives what its function returns, and throws what it throws", () => {
    expect(detached(() => 5)).toBe(5);
    const error = new Error("failed");
    expect(() =>
      detached(() => {
        throw error;
      }),
    ).toThrow(error);
  });

  ambientTest("runs with no current scope, with all that it starts (needs ambient scopes)", () =>
    withVirtualClock(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        const pump = detached(async () => {
          expect(CancelScope.current).toBeUndefined();
          await sleep(5);
          expect(CancelScope.current).toBeUndefined();
          return "pumped";
        });
        expect(CancelScope.current).toBe(scope);
        scope.cancel();
        await expect(pump).resolves.toBe("pumped");
      });
    }),
  );
});
