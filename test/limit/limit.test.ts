import { describe, expect, test } from "vitest";
import { limit, sleep } from "corral";
import { withVirtualClock } from "corral/testing";

describe("limit()", () => {
  test("gives what the function gives", async () => {
    const one = limit(1);
    expect(await one(async () => "value")).toBe("value");
    await expect(one(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(one.active).toBe(0);
  });

  test("runs so many calls at once and no more", async () => {
    await withVirtualClock(async (clock) => {
      const three = limit(3);
      let running = 0;
      let most = 0;
      await Promise.all(
        Array.from({ length: 10 }, () =>
          three(async () => {
            most = Math.max(most, ++running);
            await sleep(10);
            running--;
          }),
        ),
      );
      expect(most).toBe(3);
      expect(clock.now()).toBe(40);
    });
  });

  test("begins a call that finds a place at once", async () => {
    const two = limit(2);
    const log: string[] = [];
    const calls = [1, 2, 3].map((i) => two(async () => log.push(`call ${i}`)));
    log.push("called");
    expect(log).toEqual(["call 1", "call 2", "called"]);
    await Promise.all(calls);
    expect(log).toHaveLength(4);
  });

  test("passes no argument to the function", async () => {
    await limit(1)((...given: unknown[]) => expect(given).toEqual([]));
  });

  test("goes on after failures", async () => {
    const one = limit(1);
    const results = await Promise.allSettled([
      one(() => Promise.reject(new Error("async"))),
      one(() => {
        throw new Error("sync");
      }),
      one(() => "value"),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
    expect([one.active, one.pending]).toEqual([0, 0]);
  });

  test("takes Infinity for no limit", async () => {
    const all = limit(Infinity);
    const calls = Array.from({ length: 100 }, (_, i) => all(async () => i));
    expect([all.active, all.pending]).toEqual([100, 0]);
    await Promise.all(calls);
    expect(all.concurrency).toBe(Infinity);
  });
});

describe("active and pending", () => {
  test("count who runs and who waits in line", async () => {
    await withVirtualClock(async () => {
      const two = limit(2);
      expect([two.active, two.pending]).toEqual([0, 0]);
      const calls = [10, 20, 30].map((ms) => two(() => sleep(ms)));
      expect([two.active, two.pending]).toEqual([2, 1]);
      await calls[0];
      expect([two.active, two.pending]).toEqual([2, 0]);
      await Promise.all(calls);
      expect([two.active, two.pending]).toEqual([0, 0]);
    });
  });

  test("cannot be set", () => {
    "use strict";
    const one = limit(1);
    expect(() => Object.assign(one, { active: 5 })).toThrow(TypeError);
    expect(() => Object.assign(one, { pending: 5 })).toThrow(TypeError);
  });
});

describe("concurrency", () => {
  test("starts more at once when it is raised, in order", async () => {
    await withVirtualClock(async (clock) => {
      const gate = limit(1);
      const starts: [number, number][] = [];
      const calls = [0, 1, 2, 3].map((i) =>
        gate(async () => {
          starts.push([i, clock.now()]);
          await sleep(10);
        }),
      );
      await sleep(5);
      gate.concurrency = 3;
      expect(gate.concurrency).toBe(3);
      expect([gate.active, gate.pending]).toEqual([3, 1]);
      await Promise.all(calls);
      expect(starts).toEqual([
        [0, 0],
        [1, 5],
        [2, 5],
        [3, 10],
      ]);
    });
  });

  test("comes into force as calls end when it is lowered, also below who runs", async () => {
    await withVirtualClock(async (clock) => {
      const gate = limit(3);
      const starts: [number, number][] = [];
      const calls = [10, 20, 30, 10, 10].map((ms, i) =>
        gate(async () => {
          starts.push([i, clock.now()]);
          await sleep(ms);
        }),
      );
      gate.concurrency = 1;
      expect(gate.active).toBe(3);
      await Promise.all(calls);
      expect(starts.slice(3)).toEqual([
        [3, 30],
        [4, 40],
      ]);
    });
  });

  test.each([
    [0, RangeError],
    [-1, RangeError],
    [1.5, RangeError],
    [NaN, RangeError],
    [-Infinity, RangeError],
    ["2", TypeError],
    [undefined, TypeError],
    [null, TypeError],
  ])("refuses %o, also later, and stays as it was", (value, kind) => {
    expect(() => limit(value as number)).toThrow(kind);
    const two = limit(2);
    expect(() => {
      two.concurrency = value as number;
    }).toThrow(kind);
    expect(two.concurrency).toBe(2);
  });
});

describe("onIdle()", () => {
  test("resolves when nothing runs and nothing waits in line", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      void one(() => sleep(10));
      void one(() => sleep(10));
      const waiting = [one.onIdle(), one.onIdle()];
      await Promise.all(waiting);
      expect(clock.now()).toBe(20);
      expect([one.active, one.pending]).toEqual([0, 0]);
    });
  });

  test("resolves at once when it is idle", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      await one.onIdle();
      await one(() => {});
      await one.onIdle();
      expect(clock.now()).toBe(0);
    });
  });

  test("waits for who fails, too, and does not fail for it", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      one(() => sleep(10).then(() => Promise.reject(new Error("no")))).catch(() => {});
      await one.onIdle();
      expect(clock.now()).toBe(10);
    });
  });

  test("waits for the running ones after clear()", async () => {
    await withVirtualClock(async (clock) => {
      const one = limit(1);
      void one(() => sleep(10));
      one(() => sleep(10)).catch(() => {});
      const idle = one.onIdle();
      one.clear();
      await idle;
      expect(clock.now()).toBe(10);
    });
  });

  test("rejects with its signal's reason, as it is", async () => {
    await withVirtualClock(async () => {
      const one = limit(1);
      const running = one(() => sleep(10));
      const controller = new AbortController();
      const idle = one.onIdle({ signal: controller.signal });
      controller.abort("tired");
      await expect(idle).rejects.toBe("tired");
      await expect(one.onIdle({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
      await running;
      await expect(one.onIdle({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    });
  });
});
