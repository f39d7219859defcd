import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { CancelScope, isCancellation, now, sleep, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { hedge } from "../../src/resilience/hedge.ts";
import { ambientTest, at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";

describe("a cancellation of hedge()", () => {
  test("that was there before has nothing called", async () => {
    let called = false;
    const call = hedge(
      () => {
        called = true;
      },
      { delayMs: 10, signal: AbortSignal.abort("before") },
    );
    await expect(call).rejects.toBe("before");
    expect(called).toBe(false);
  });

  test("by its signal reaches all attempts, waits for them and starts no other", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const cleaned: unknown[] = [];
      let begun = 0;
      const call = hedge(
        async (scope, attempt) => {
          begun++;
          try {
            await sleep(1_000, at(scope));
          } finally {
            await new CancelScope({ shield: true }).run(() => sleep(5));
            cleaned.push([attempt, now()]);
          }
        },
        { delayMs: 10, max: 5, signal: controller.signal },
      );
      const ended = call.catch((error: unknown) => [error, now()]);
      await sleep(15);
      controller.abort("enough");
      expect(await ended).toEqual(["enough", 20]);
      expect(cleaned).toEqual([
        [1, 20],
        [2, 20],
      ]);
      await sleep(100);
      expect(begun).toBe(2);
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    });
  });

  ambientTest("by the scope around (needs ambient scopes)", async () => {
    await withVirtualClock(async () => {
      const call = timeout(15, () => hedge(() => sleep(1_000), { delayMs: 10 }));
      await expect(call).rejects.toThrow(TimeoutError);
      expect(now()).toBe(15);
    });
  });

  test("does not hide what an attempt fails with in spite of it", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const call = hedge(
        (scope) =>
          sleep(1_000, at(scope)).catch(() => {
            throw new Error("while cleaning up");
          }),
        { delayMs: 100, signal: controller.signal },
      );
      const ended = call.catch((error: unknown) => String(error));
      await sleep(15);
      controller.abort("enough");
      expect(await ended).toBe("Error: while cleaning up");
    });
  });

  test("gives the value that an attempt returns in spite of it", async () => {
    await withVirtualClock(async () => {
      const controller = new AbortController();
      const call = hedge(
        async (scope, attempt) => {
          await sleep(1_000, at(scope)).catch((error: unknown) => {
            if (attempt === 2) throw error;
          });
          return "saved";
        },
        { delayMs: 10, signal: controller.signal },
      );
      await sleep(15);
      controller.abort("enough");
      expect(await call).toBe("saved");
    });
  });

  test("in the step in which one has failed starts no other, whichever comes first", async () => {
    await withVirtualClock(async () => {
      const outcomes = new Set<string>();
      for (let turns = 0; turns < 12; turns++) {
        // From a fresh turn of the event loop, so that its budget does not come between.
        await sleep(1);
        const controller = new AbortController();
        let begun = 0;
        const call = hedge(
          () => {
            begun++;
            return Promise.reject(new Error("no"));
          },
          { delayMs: 1e6, signal: controller.signal },
        );
        const ended = call.catch((error: unknown) => String(error));
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        controller.abort("enough");
        const before = begun;
        outcomes.add(`${await ended} after ${begun}`);
        expect(begun).toBe(before);
      }
      // The failure came after the abort; there was no second attempt for it any more; there was one.
      expect([...outcomes]).toEqual(["Error: no after 1", "enough after 1", "Error: no after 2"]);
    });
  });

  test("of one attempt by itself is a failure of that attempt", async () => {
    await withVirtualClock(async () => {
      const answer = hedge(
        async (scope, attempt) => {
          if (attempt === 1) scope.cancel("not this one");
          await sleep(50, at(scope));
          return attempt;
        },
        { delayMs: 1_000 },
      );
      expect(await answer).toBe(2);
      expect(now()).toBe(50);
      const all = hedge(
        async (scope) => {
          scope.cancel("none");
          await sleep(50, at(scope));
        },
        { delayMs: 1_000 },
      );
      const error: unknown = await all.catch((thrown: unknown) => thrown);
      expect(isCancellation(error)).toBe(true);
    });
  });
});

test("pitfall 9: no unhandled rejection, however the attempts end", async () => {
  const unhandled = await unhandledDuring(() =>
    withVirtualClock(async () => {
      const controller = new AbortController();
      const calls: Promise<unknown>[] = [];
      for (const delayMs of [0, 5, 20]) {
        for (const wins of [1, 2, 3, 0]) {
          calls.push(
            hedge(
              async (_scope, attempt) => {
                await new CancelScope({ shield: true }).run(() => sleep(attempt * 7));
                if (attempt !== wins) throw new Error("no");
              },
              { delayMs, max: 3, signal: controller.signal },
            ).catch(() => {}),
          );
        }
      }
      await sleep(12);
      controller.abort();
      await Promise.all(calls);
    }),
  );
  expect(unhandled).toEqual([]);
});
