import { expect, test } from "vitest";
import { CancelScope, limit, shield, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { turn } from "../support/turn.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** Work that takes 60 ms, whatever becomes of the scope it is called in. */
const stubborn = (): Promise<number> =>
  shield((scope) => sleep(60, at(scope)).then(() => 1), { timeoutMs: 1_000 });

test("limit() holds the place of a call that has timed out, and counts it as a zombie until it ends", () =>
  withVirtualClock(async () => {
    const run = limit(1);
    const late = timeout(10, (scope) => run(stubborn, at(scope)));
    await sleep(20);
    expect([run.active, run.zombies]).toEqual([1, 1]);
    expect(await late).toBe(1);
    expect([run.active, run.zombies]).toEqual([0, 0]);
  }));

test("limit() counts no call as a zombie that ends in time, nor one whose scope is not cancelled", () =>
  withVirtualClock(async () => {
    const run = limit(2);
    const scope = new CancelScope();
    await scope.run(() => run(() => sleep(1), at(scope)));
    scope.cancel();
    expect([run.active, run.zombies]).toEqual([0, 0]);
  }));

test('limit() with onTimeout "release" gives the place back at once, and the caller hears at once', () =>
  withVirtualClock(async (clock) => {
    const run = limit(1, { onTimeout: "release" });
    const late = timeout(10, (scope) => run(stubborn, at(scope)));
    const next = run(() => clock.now());
    await expect(late).rejects.toBeInstanceOf(TimeoutError);
    expect(await next).toBe(10);
    expect([run.active, run.zombies]).toEqual([0, 1]);
    await sleep(100);
    expect(run.zombies).toBe(0);
  }));

test('limit() with onTimeout "release" gives what a call gives that ends in time', () =>
  withVirtualClock(async () => {
    const run = limit(1, { onTimeout: "release" });
    const scope = new CancelScope();
    await scope.run(async () => {
      expect(await run(() => "value", at(scope))).toBe("value");
      const failure = new Error("failed");
      await expect(run(() => Promise.reject(failure), at(scope))).rejects.toBe(failure);
      await expect(run(() => Promise.reject(undefined), at(scope))).rejects.toBeUndefined();
    });
    expect([run.active, run.zombies]).toEqual([0, 0]);
  }));

test("limit() refuses an onTimeout that it does not know", () => {
  expect(() => limit(1, { onTimeout: "forget" as never })).toThrow(
    new TypeError(
      'Cannot create a limit: "onTimeout" must be "hold" or "release", received "forget"',
    ),
  );
});

test.each(["hold", "release"] as const)(
  'limit() with onTimeout "%s" leaves a failure that nobody handles unhandled, also in a scope',
  async (onTimeout) => {
    const run = limit(1, { onTimeout });
    const failure = new Error("nobody hears this");
    const unhandled = await unhandledDuring(async () => {
      const scope = new CancelScope();
      await scope.run(async () => {
        void run(() => Promise.reject(failure), at(scope));
        await turn();
      });
    });
    expect(unhandled).toEqual([failure]);
    expect([run.active, run.zombies]).toEqual([0, 0]);
  },
);
