import { describe, expect, test, vi } from "vitest";
import { after, AsyncEvent, Mutex, select, timeout, TimeoutError, when } from "corral";
import { withVirtualClock } from "corral/testing";
import { settle } from "../contract/settle.ts";
import { at } from "../support/mode.ts";

/** How a select that waits for a delay, or for ever, has ended; "waits" if it has not. */
function outcomeOf(ms: number): { readonly get: () => string } {
  let outcome = "waits";
  select({ after: after(ms), never: when(new AsyncEvent()) }).then(
    ({ key }) => (outcome = key),
    (error: unknown) => (outcome = String(error)),
  );
  return { get: () => outcome };
}

// What a platform timer does with such a delay is the matter here, so it is the timers that are faked.
describe("pitfall 5: a select() with a clause of after()", () => {
  test.each([2 ** 31, 2 ** 32, 2 ** 53])("%d ms does not fire at once", async (ms) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const outcome = outcomeOf(ms);
      vi.advanceTimersByTime(2 ** 31 - 1);
      await settle();
      expect(outcome.get()).toBe("waits");
    } finally {
      vi.useRealTimers();
    }
  });

  test("2 ** 31 ms fires after as long as that", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const outcome = outcomeOf(2 ** 31);
      vi.advanceTimersByTime(2 ** 31);
      await settle();
      expect(outcome.get()).toBe("after");
    } finally {
      vi.useRealTimers();
    }
  });

  test("Infinity never fires", async () => {
    await withVirtualClock(async (clock) => {
      const outcome = outcomeOf(Infinity);
      await clock.advance(2 ** 40);
      expect(outcome.get()).toBe("waits");
    });
  });

  test.each([0, -1, -Infinity])("%d ms fires, but not in the step of the call", async (ms) => {
    const outcome = outcomeOf(ms);
    expect(outcome.get()).toBe("waits");
    await settle();
    expect(outcome.get()).toBe("after");
  });

  test("NaN ms is refused", () => {
    expect(() => after(Number.NaN)).toThrow(RangeError);
  });
});

test.each([2 ** 31, Infinity])(
  "pitfall 5: a timeout of %d ms around a wait for a lock does not end it",
  async (ms) => {
    const mutex = new Mutex();
    const held = mutex.tryAcquire()!;
    const acquiring = timeout(ms, (scope) => mutex.acquire(at(scope)));
    await settle();
    expect(mutex.waiting).toBe(1);
    held.release();
    (await acquiring).release();
  },
);

test("pitfall 5: a timeout of 2 ** 31 ms around a wait for a lock ends it then", async () => {
  await withVirtualClock(async (clock) => {
    const mutex = new Mutex();
    mutex.tryAcquire();
    const acquiring = timeout(2 ** 31, (scope) => mutex.acquire(at(scope)));
    await expect(acquiring).rejects.toBeInstanceOf(TimeoutError);
    expect([clock.now(), mutex.waiting]).toEqual([2 ** 31, 0]);
  });
});
