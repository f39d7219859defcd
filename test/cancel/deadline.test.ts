import { afterEach, describe, expect, test, vi } from "vitest";
import { CancelScope, now, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { endScope, openScope } from "../../src/cancel/scope-life.ts";
import { deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("deadline", () => {
  test("moves away while it runs", () =>
    withVirtualClock(async () => {
      await timeout(10, async (scope) => {
        await sleep(5, at(scope));
        scope.deadline = now() + 500;
        expect(scope.deadline).toBe(505);
        await sleep(400, at(scope));
      });
      expect(now()).toBe(405);
    }));

  test("moves nearer while it runs", () =>
    withVirtualClock(async () => {
      const call = timeout(1_000, async (scope) => {
        scope.deadline = now() + 5;
        await sleep(100, at(scope));
      });
      await expect(call).rejects.toMatchObject({ deadline: 5 });
      expect(now()).toBe(5);
    }));

  test("moved into the past cancels at once", () =>
    withVirtualClock(async () => {
      await sleep(10);
      const scope = new CancelScope();
      const run = scope.run(() => {
        const wait = sleep(Infinity, at(scope));
        scope.deadline = 3;
        expect(scope.cancelled).toBe(true);
        return wait;
      });
      await expect(run).rejects.toMatchObject({ name: "TimeoutError", deadline: 3 });
    }));

  test("set to Infinity is taken away", () =>
    withVirtualClock(async () => {
      await timeout(10, async (scope) => {
        scope.deadline = Infinity;
        await sleep(1_000, at(scope));
      });
    }));

  test("that has passed and moves away uncancels nothing", () =>
    withVirtualClock(async () => {
      const call = timeout(10, async (scope) => {
        await sleep(20, at(scope)).catch(() => {});
        scope.deadline = now() + 500;
        expect(scope.cancelled).toBe(true);
        await sleep(1, at(scope));
      });
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
    }));

  test.each([
    [10, 50],
    [50, 10],
  ])("the earlier of timeoutMs (%i) and deadline (%i) counts", (timeoutMs, deadline) =>
    withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs, deadline });
      await expect(scope.run(() => sleep(Infinity, at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(now()).toBe(10);
    }),
  );

  test("counts from run() for timeoutMs, not from the making of the scope", () =>
    withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs: 10 });
      await sleep(100);
      await expect(scope.run(() => sleep(Infinity, at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(now()).toBe(110);
    }));

  test("moved before run() takes the place of timeoutMs", () =>
    withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs: 10 });
      scope.deadline = 30;
      await expect(scope.run(() => sleep(Infinity, at(scope)))).rejects.toBeInstanceOf(
        TimeoutError,
      );
      expect(now()).toBe(30);
    }));

  test("moved after the end does nothing", () =>
    withVirtualClock(async () => {
      const scope = new CancelScope({ timeoutMs: 10 });
      await scope.run(() => undefined);
      scope.deadline = now() - 1;
      expect(scope.cancelled).toBe(false);
      expect(scope.expired).toBe(false);
      await sleep(100);
      expect(scope.cancelled).toBe(false);
    }));

  test("refuses what is no number of milliseconds", () => {
    const scope = new CancelScope();
    const set = (value: unknown) => (): void => {
      scope.deadline = value as number;
    };
    expect(set(Number.NaN)).toThrow(RangeError);
    expect(set("5")).toThrow(
      'Cannot move a deadline: "deadline" must be a number of milliseconds, received "5"',
    );
    expect(scope.deadline).toBe(Infinity);
  });
});

describe("effectiveDeadline", () => {
  test("is the least of all that it can see", () =>
    withVirtualClock(async () => {
      await timeout(100, (first) =>
        timeout(
          50,
          (second) =>
            timeout(
              80,
              (third) => {
                expect(third.deadline).toBe(80);
                expect(third.effectiveDeadline).toBe(50);
                second.deadline = 200;
                expect(third.effectiveDeadline).toBe(80);
                first.deadline = 20;
                expect(third.effectiveDeadline).toBe(20);
              },
              at(second),
            ),
          at(first),
        ),
      );
    }));

  test("does not see through a shield", () =>
    withVirtualClock(async () => {
      await timeout(10, async (outer) => {
        const shielded = new CancelScope({ ...at(outer), shield: true, timeoutMs: 500 });
        await shielded.run(async () => {
          expect(shielded.effectiveDeadline).toBe(500);
          const inner = new CancelScope(at(shielded));
          await inner.run(() => {
            expect(inner.effectiveDeadline).toBe(500);
          });
        });
      });
    }));

  test("sees that of a signal's scope beside the one around", () =>
    withVirtualClock(async () => {
      const other = new CancelScope({ timeoutMs: 5 });
      await other.run(() =>
        timeout(10, async (outer) => {
          const inner = new CancelScope({ signal: other.signal });
          await inner.run(() => {
            expect(inner.effectiveDeadline).toBe(5);
          });
          expect(outer.deadline).toBe(10);
        }),
      );
    }));

  test("looks at each scope once, however many ways lead there", () => {
    const root = new CancelScope({ deadline: now() + 60_000 });
    openScope(root, undefined);
    const scopes = [root];
    let [left, right] = [root, root];
    // In each level, two scopes that both have both of the level above around them.
    for (let level = 0; level < 12; level++) {
      const { signal: leftSignal } = left;
      const { signal: rightSignal } = right;
      const next: [CancelScope, CancelScope] =
        level === 0
          ? [new CancelScope(), new CancelScope()]
          : [new CancelScope({ signal: rightSignal }), new CancelScope({ signal: leftSignal })];
      openScope(next[0], left);
      openScope(next[1], right);
      [left, right] = next;
      scopes.push(...next);
    }
    const { deadline } = root;
    let looks = 0;
    Object.defineProperty(root, "deadlineAt", {
      get: () => {
        looks++;
        return deadline;
      },
    });
    expect(left.effectiveDeadline).toBe(deadline);
    expect(looks).toBe(1);
    for (const scope of scopes.toReversed()) endScope(scope);
  });

  test("is Infinity without any, and -Infinity once it is cancelled", () => {
    const scope = new CancelScope();
    expect(scope.effectiveDeadline).toBe(Infinity);
    scope.cancel();
    expect(scope.effectiveDeadline).toBe(-Infinity);
  });
});

describe("expired", () => {
  test("tells its own expiry from a cancellation", () =>
    withVirtualClock(async () => {
      const passed = new CancelScope({ timeoutMs: 5 });
      await passed.run(() => sleep(10, at(passed))).catch(() => {});
      expect([passed.expired, passed.cancelled]).toEqual([true, true]);
      expect(passed.reason).toBeInstanceOf(TimeoutError);

      const cancelled = new CancelScope({ timeoutMs: 5 });
      await cancelled
        .run(() => {
          cancelled.cancel();
          return sleep(10, at(cancelled));
        })
        .catch(() => {});
      expect([cancelled.expired, cancelled.cancelled]).toEqual([false, true]);

      const fast = new CancelScope({ timeoutMs: 5 });
      await fast.run(() => sleep(1, at(fast)));
      await sleep(100);
      expect([fast.expired, fast.cancelled]).toEqual([false, false]);
    }));
});

describe("expired, of a scope that was cancelled before its deadline", () => {
  test("is false until the deadline to which it moves later", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ timeoutMs: 50 });
      const run = scope.run(() => hold.promise);
      scope.cancel("own");
      scope.deadline = 100;
      await clock.advance(60);
      expect(scope.expired).toBe(false);
      await clock.advance(39);
      expect(scope.expired).toBe(false);
      await clock.advance(1);
      expect(scope.expired).toBe(true);
      expect(scope.reason).toBe("own");
      hold.resolve();
      await run;
      expect(scope.expired).toBe(true);
    }));

  test("stays false when it ends before that", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ timeoutMs: 50 });
      const run = scope.run(() => hold.promise);
      scope.cancel("own");
      scope.deadline = 100;
      await clock.advance(60);
      hold.resolve();
      await run;
      expect(scope.expired).toBe(false);
    }));
});

describe("with timeoutMs and a deadline, the TimeoutError", () => {
  test.each([
    ["the deadline is earlier: it names no milliseconds", 1e6, 10, "The operation timed out"],
    ["both are the same: it names no milliseconds", 10, 10, "The operation timed out"],
    ["timeoutMs is earlier: it names these", 10, 1e6, "The operation timed out after 10 ms"],
  ])("when %s", (_, timeoutMs, inMs, message) =>
    withVirtualClock(async (clock) => {
      const scope = new CancelScope({ timeoutMs, deadline: now() + inMs });
      const run = scope.run(() => sleep(Infinity, at(scope)));
      await expect(run).rejects.toMatchObject({ name: "TimeoutError", message, deadline: 10 });
      expect(clock.now()).toBe(10);
    }),
  );
});

describe("deadlines on two clocks", () => {
  test("are not compared: the inner one's expiry is its own", async () => {
    const outer = timeout(60_000, (around) =>
      withVirtualClock(() =>
        timeout(600_000, (scope) => sleep(Infinity, { signal: scope.signal }), {
          name: "inner",
          ...at(around),
        }),
      ),
    );
    await expect(outer).rejects.toMatchObject({
      name: "TimeoutError",
      message: '"inner" timed out after 600000 ms',
      deadline: 600_000,
    });
  });

  test("are not in one effectiveDeadline", () =>
    timeout(60_000, async (around) => {
      const { deadline } = around;
      expect(around.effectiveDeadline).toBe(deadline);
      await withVirtualClock(() =>
        timeout(
          1e9,
          (scope) => {
            expect(scope.effectiveDeadline).toBe(1e9);
          },
          at(around),
        ),
      );
      expect(around.effectiveDeadline).toBe(deadline);
    }));
});

test("a group's deadline reaches its children, and moves for them", () =>
  withVirtualClock(async () => {
    const ended: number[] = [];
    const group = taskGroup(
      async (it) => {
        it.spawn((task) => {
          expect(task.scope.effectiveDeadline).toBe(10);
          return sleep(Infinity, at(task.scope)).finally(() => ended.push(now()));
        });
        await sleep(5, at(it.scope));
        it.scope.deadline = 30;
        await sleep(Infinity, at(it.scope));
      },
      { timeoutMs: 10 },
    );
    await expect(group).rejects.toMatchObject({ deadline: 30 });
    expect(ended).toEqual([30]);
  }));

describe("expired, before the timer of a deadline has fired", () => {
  test.each([
    [1_049, false],
    [1_050, true],
    [1_051, true],
  ])("goes by the clock: at %d of 1050 it is %o", async (moment, expired) => {
    const clock = vi.spyOn(performance, "now").mockReturnValue(1_000);
    const scope = new CancelScope({ timeoutMs: 50 });
    await scope.run(() => {
      expect(scope.expired).toBe(false);
      clock.mockReturnValue(moment);
      expect(scope.expired).toBe(expired);
    });
    expect(scope.expired).toBe(expired);
  });

  test("does not go by another clock", async () => {
    vi.spyOn(performance, "now").mockReturnValue(1_000);
    const scope = new CancelScope({ timeoutMs: 50 });
    await scope.run(() =>
      withVirtualClock(async (clock) => {
        await clock.advance(5_000);
        expect([now() >= scope.deadline, scope.expired]).toEqual([true, false]);
      }),
    );
    expect(scope.expired).toBe(false);
  });
});

describe("a deadline that passes after a cancellation", () => {
  test("is remembered, also when it is moved away later, and changes nothing else", () =>
    withVirtualClock(async (clock) => {
      const hold = deferred();
      const scope = new CancelScope({ timeoutMs: 50 });
      const run = scope.run(async () => {
        await hold.promise;
        throw scope.signal.reason;
      });
      scope.cancel("own");
      await clock.advance(60);
      scope.deadline = Infinity;
      expect(scope.expired).toBe(true);
      hold.resolve();
      await expect(run).rejects.toMatchObject({ name: "AbortError", reason: "own" });
      expect(scope.expired).toBe(true);
    }));
});
