import { describe, expect, test } from "vitest";
import { ClosedError, limit, sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { unhandledDuring } from "../support/unhandled.ts";

describe("clear()", () => {
  test("pitfall 3: rejects all that wait in line, at once, with a ClosedError", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      const running = one(() => sleep(50).then(() => "goes on"));
      const log: number[] = [];
      const waiting = [1, 2].map((i) => one(() => log.push(i)));
      one.clear();
      expect([one.active, one.pending]).toEqual([1, 0]);
      for (const call of waiting) await expect(call).rejects.toBeInstanceOf(ClosedError);
      expect(clock.now()).toBe(0);
      expect(await running).toBe("goes on");
      expect(log).toEqual([]);
    });
  });

  test("pitfall 3: leaves no unhandled rejection when nobody looks at what was dropped", async () => {
    const unhandled = await unhandledDuring(async () => {
      const one = limit(1);
      const running = one(async () => {});
      void one(() => {});
      void one(() => {}, { signal: new AbortController().signal });
      one.clear();
      await running;
    });
    expect(unhandled).toEqual([]);
  });

  test("leaves the limit usable, and keeps it", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      void one(() => sleep(10));
      one(() => {}).catch(() => {});
      one.clear();
      const starts: number[] = [];
      await one(() => starts.push(clock.now()));
      expect(starts).toEqual([10]);
    });
  });

  test("does nothing when nobody waits", async () => {
    const one = limit(1);
    one.clear();
    const running = one(async () => "value");
    one.clear();
    expect(await running).toBe("value");
  });

  test("may be called again from what it wakes", async () => {
    const one = limit(1);
    const running = one(() => sleep(0));
    const calls = [one(() => {}), one(() => {})].map((call) => call.catch(() => one.clear()));
    one.clear();
    await Promise.all([running, ...calls]);
    expect([one.active, one.pending]).toEqual([0, 0]);
  });

  test("does not take the place from a call that was handed it", async () => {
    const one = limit(1);
    const log: string[] = [];
    const first = one(async () => {});
    const second = one(() => log.push("second"));
    void first.then(() => one.clear());
    const outcome = await second.then(
      () => "ran",
      () => "cleared",
    );
    expect(log).toEqual(outcome === "ran" ? ["second"] : []);
    await one(() => log.push("third"));
    expect(log.at(-1)).toBe("third");
  });
});

test("the control: a rejection that nobody handles is noticed", async () => {
  const error = new Error("noticed");
  expect(await unhandledDuring(() => void Promise.reject(error))).toEqual([error]);
});
