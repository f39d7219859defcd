import { describe, expect, test } from "vitest";
import { batch, detached, moveOnAfter, now, sleep, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { ambientTest, at } from "../support/mode.ts";

/** The deadlines that a batch had whose callers had these; no number for none. */
function deadlines(ms: readonly (number | undefined)[]): Promise<number[]> {
  return withVirtualClock(async () => {
    const seen: number[] = [];
    const load = batch(
      (keys: readonly number[], scope) => {
        seen.push(scope.deadline, scope.effectiveDeadline);
        return keys;
      },
      { windowMs: 10 },
    );
    const calls = ms.map((each, key) =>
      each === undefined
        ? load(key)
        : timeout(each, (scope) => load(key, { signal: scope.signal })),
    );
    await Promise.all(calls);
    return seen;
  });
}

describe("the deadline of a batch", () => {
  test("is the latest of those who wait for it", async () => {
    expect(await deadlines([50, 100, 70])).toEqual([100, 100]);
    expect(await deadlines([100])).toEqual([100, 100]);
  });

  test("is none when one of them has none", async () => {
    expect(await deadlines([50, undefined, 70])).toEqual([Infinity, Infinity]);
    expect(await deadlines([undefined])).toEqual([Infinity, Infinity]);
  });

  test("counts each of several who wait for one key, and each of a call of many", () =>
    withVirtualClock(async () => {
      const seen: number[] = [];
      const load = batch((keys: readonly number[], scope) => {
        seen.push(scope.deadline);
        return keys;
      });
      await Promise.all(
        [30, 60, 40].map((ms) => timeout(ms, (scope) => load(1, { signal: scope.signal }))),
      );
      await timeout(80, (outer) =>
        timeout(90, (scope) => load.many([1, 2, 3], at(scope)), { signal: outer.signal }),
      );
      expect(seen).toEqual([60, 80]);
    }));

  ambientTest(
    "of one who waits in a scope and by a signal is the sooner (needs ambient scopes)",
    () =>
      withVirtualClock(async () => {
        const seen: number[] = [];
        const load = batch((keys: readonly number[], scope) => {
          seen.push(scope.deadline);
          return keys;
        });
        await timeout(40, (sooner) =>
          detached(() => timeout(80, () => load(1, { signal: sooner.signal }))),
        );
        await timeout(60, () => detached(() => timeout(30, () => load(1))));
        // Both have the scope in common.
        await timeout(90, () =>
          Promise.all([load(1), timeout(50, (scope) => load(2, { signal: scope.signal }))]),
        );
        expect(seen).toEqual([40, 30, 90]);
      }),
  );

  test("cancels it no sooner than its callers: each of them hears of its own timeout", () =>
    withVirtualClock(async () => {
      const log: string[] = [];
      const load = batch(async (keys: readonly number[], scope) => {
        try {
          await sleep(1_000, { signal: scope.signal });
        } finally {
          log.push(`${now()} ${String(scope.reason)}`);
        }
        return keys;
      });
      const calls = [50, 100].map((ms) =>
        timeout(ms, (scope) => load(1, { signal: scope.signal }), { name: `${ms} ms` }).catch(
          (error: Error) => log.push(`${now()} ${error.message}`),
        ),
      );
      calls.push(
        moveOnAfter(100, (scope) => load(2, { signal: scope.signal })).then((value) =>
          log.push(`${now()} ${String(value)}`),
        ),
      );
      await Promise.all(calls);
      expect(log.toSorted()).toEqual(
        [
          '50 "50 ms" timed out after 50 ms',
          '100 "100 ms" timed out after 100 ms',
          "100 nobody waits for it any more",
          "100 undefined",
        ].toSorted(),
      );
    }));
});
