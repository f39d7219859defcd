import { AsyncLocalStorage } from "node:async_hooks";
import { describe, expect, test } from "vitest";
import {
  AdaptiveLimit,
  type AdaptiveLimitOptions,
  type AdaptiveSample,
  CancelScope,
  ClosedError,
  DeadlockError,
  sleep,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { ambientTest } from "../support/mode.ts";
import { reportsDuring } from "../support/reports.ts";
import { turn } from "../support/turn.ts";

/** A limit that goes where it is told, and remembers what it was shown. */
function told(
  next: (sample: AdaptiveSample) => number,
  options?: AdaptiveLimitOptions,
): { limit: AdaptiveLimit; samples: AdaptiveSample[] } {
  const samples: AdaptiveSample[] = [];
  const update = (sample: AdaptiveSample): number => {
    samples.push(sample);
    return next(sample);
  };
  return { limit: new AdaptiveLimit({ algorithm: { update }, ...options }), samples };
}

const stay = ({ limit }: AdaptiveSample): number => limit;

describe("run()", () => {
  test("gives what the function gives, and lets no more run than the concurrency", () =>
    withVirtualClock(async () => {
      const { limit } = told(stay, { initial: 2 });
      let running = 0;
      let most = 0;
      const work = async (): Promise<number> => {
        most = Math.max(most, ++running);
        await sleep(10);
        return running--;
      };
      const calls = Array.from({ length: 5 }, () => limit.run(work));
      expect([limit.active, limit.pending, limit.concurrency]).toEqual([2, 3, 2]);
      expect((await Promise.all(calls)).length).toBe(5);
      expect(most).toBe(2);
      expect(await limit.run(() => "at once")).toBe("at once");
    }));

  test("calls the functions in the order of the calls", async () => {
    const { limit } = told(stay, { initial: 1 });
    const log: number[] = [];
    await Promise.all([1, 2, 3].map((i) => limit.run(() => void log.push(i))));
    expect(log).toEqual([1, 2, 3]);
  });

  test("measures a call from its begin, after the line, to its end", () =>
    withVirtualClock(async () => {
      const { limit, samples } = told(stay, { initial: 1 });
      const first = limit.run(() => sleep(30));
      const second = limit.run(() => sleep(7));
      await Promise.all([first, second]);
      expect(samples).toEqual([
        { rttMs: 30, atMs: 30, inFlight: 1, dropped: false, limit: 1 },
        { rttMs: 7, atMs: 37, inFlight: 1, dropped: false, limit: 1 },
      ]);
    }));

  test("says how many ran at the begin of a call or at its end, whichever is more", () =>
    withVirtualClock(async () => {
      const { limit, samples } = told(stay, { initial: 3 });
      await Promise.all([30, 10, 20].map((ms) => limit.run(() => sleep(ms))));
      expect(samples.map(({ rttMs, inFlight }) => [rttMs, inFlight])).toEqual([
        [10, 3],
        [20, 3],
        [30, 1],
      ]);
    }));

  test("lets those in line begin when the limit grows, in order", () =>
    withVirtualClock(async (clock) => {
      const { limit } = told(() => 3, { initial: 1 });
      const starts: number[] = [];
      const work = (): Promise<void> => {
        starts.push(clock.now());
        return sleep(10);
      };
      await Promise.all(Array.from({ length: 5 }, () => limit.run(work)));
      expect(starts).toEqual([0, 10, 10, 10, 20]);
    }));

  test("lets none begin when the limit shrinks, until enough have ended", () =>
    withVirtualClock(async (clock) => {
      const { limit } = told(() => 1, { initial: 3 });
      const starts: number[] = [];
      const calls = [10, 20, 30, 5, 5].map((ms) =>
        limit.run(() => {
          starts.push(clock.now());
          return sleep(ms);
        }),
      );
      await sleep(15);
      expect([limit.concurrency, limit.active, limit.pending]).toEqual([1, 2, 2]);
      await Promise.all(calls);
      expect(starts).toEqual([0, 0, 0, 30, 35]);
    }));

  test("is told of a call before the next begins, and before its caller hears of it", async () => {
    const log: string[] = [];
    const limit = new AdaptiveLimit({
      initial: 1,
      algorithm: { update: (sample) => (log.push("update"), sample.limit) },
    });
    const first = limit.run(() => void log.push("first")).then(() => log.push("heard"));
    await Promise.all([first, limit.run(() => void log.push("second")), limit.onIdle()]);
    expect(log.slice(0, 2)).toEqual(["first", "update"]);
    expect(log.indexOf("heard")).toBeGreaterThan(1);
    expect(log.filter((entry) => entry === "update")).toHaveLength(2);
  });

  test("passes falsy rejections on as they are, and synchronous throws", async () => {
    const limit = new AdaptiveLimit();
    for (const reason of [undefined, null, 0, ""]) {
      const call = limit.run(() => {
        throw reason as unknown;
      });
      expect(await call.catch((error: unknown) => [error])).toEqual([reason]);
    }
    expect(limit.active).toBe(0);
  });

  test("calls a function that waited in the async context of its caller", async () => {
    const caller = new AsyncLocalStorage<string>();
    const limit = new AdaptiveLimit({ initial: 1 });
    const seen: unknown[] = [];
    const calls = ["a", "b"].map((name) =>
      caller.run(name, () =>
        limit.run(async () => {
          await turn();
          seen.push(caller.getStore());
        }),
      ),
    );
    await Promise.all(calls);
    expect(seen).toEqual(["a", "b"]);
  });

  ambientTest(
    "refuses a call in itself that could never begin (needs ambient scopes)",
    async () => {
      const { limit } = told(stay, { initial: 1 });
      const call = limit.run(async () => {
        await limit.run(() => "never");
      });
      await expect(call).rejects.toBeInstanceOf(DeadlockError);
      expect([limit.active, limit.pending]).toEqual([0, 0]);
    },
  );

  test("refuses it also when the limit was higher once: it grows by calls that end, and none can", async () => {
    const { limit } = told(() => 1, { initial: 3 });
    await limit.run(() => {});
    const call = limit.run(() => limit.run(() => "never"));
    const refused = expect(call).rejects.toBeInstanceOf(DeadlockError);
    await turn();
    limit.clear();
    await refused;
    expect([limit.active, limit.pending]).toEqual([0, 0]);
  });

  test("takes it while another call holds a place that it may get", async () => {
    const { limit } = told(() => 2, { initial: 3 });
    await limit.run(() => {});
    const gate = deferred();
    const other = limit.run(() => gate.promise);
    const call = limit.run(() => limit.run(() => "in the place of the other"));
    await turn();
    gate.resolve();
    expect(await call).toBe("in the place of the other");
    await other;
  });
});

describe("the limit", () => {
  test.each([
    [0.2, 2],
    [-5, 2],
    [2.99, 2],
    [5.5, 5],
    [8.7, 8],
    [9, 8],
    [1e308, 8],
  ])(
    "is in force as an integer within its bounds, if the algorithm gives %d: %d",
    async (given, expected) => {
      const { limit, samples } = told(() => given, { initial: 3, min: 2, max: 8 });
      await limit.run(() => {});
      await limit.run(() => {});
      expect(limit.concurrency).toBe(expected);
      expect(samples.map((sample) => sample.limit)).toEqual([3, Math.min(8, Math.max(2, given))]);
    },
  );

  test.each([NaN, Infinity, -Infinity, "5", undefined, null])(
    "stays where it is, and reports that, if the algorithm gives %o",
    async (given) => {
      const { limit } = told(() => given as number, { initial: 3 });
      const reports = await reportsDuring(() => limit.run(() => {}));
      expect(reports).toEqual([
        expect.stringMatching(/^update threw: TypeError: .* must give a finite number, received/),
      ]);
      expect(limit.concurrency).toBe(3);
    },
  );

  test("stays where it is if the algorithm throws, which is reported, and the call gives its value", async () => {
    const { limit } = told(() => {
      throw new Error("bug");
    });
    const reports = await reportsDuring(async () => {
      expect(await limit.run(() => "value")).toBe("value");
    });
    expect(reports).toEqual(["update threw: Error: bug"]);
    expect([limit.concurrency, limit.active]).toEqual([10, 0]);
  });

  test("of the default does not grow while few calls run", () =>
    withVirtualClock(async () => {
      const limit = new AdaptiveLimit({ initial: 10 });
      for (let i = 0; i < 200; i++) {
        await Promise.all([1, 2, 3, 4].map(() => limit.run(() => sleep(100))));
      }
      expect(limit.concurrency).toBe(10);
    }));

  test("of the default grows while all of it is used", () =>
    withVirtualClock(async () => {
      const limit = new AdaptiveLimit({ initial: 10, max: 64 });
      const round = Array.from({ length: 2_000 }, () => limit.run(() => sleep(100)));
      await Promise.all(round);
      expect(limit.concurrency).toBe(64);
    }));
});

describe("onChange", () => {
  test("is called when the integer in force has changed, with it in force", async () => {
    const changes: [number, number][] = [];
    const next = [3.5, 3.9, 4.2, 4.2, 1].values();
    const { limit } = told(() => next.next().value!, {
      initial: 3,
      onChange: (concurrency) => changes.push([concurrency, limit.concurrency]),
    });
    for (let i = 0; i < 5; i++) await limit.run(() => {});
    expect(changes).toEqual([
      [4, 4],
      [1, 1],
    ]);
  });

  test("that throws or rejects is reported, and breaks nothing", async () => {
    for (const onChange of [
      () => {
        throw new Error("bug");
      },
      async () => {
        throw new Error("bug");
      },
    ]) {
      const { limit } = told(() => 5, { initial: 3, onChange });
      const reports = await reportsDuring(async () => {
        expect(await limit.run(() => "value")).toBe("value");
      });
      expect(reports).toEqual(["onChange threw: Error: bug"]);
      expect([limit.concurrency, limit.active]).toEqual([5, 0]);
    }
  });

  test("may run calls of its own under the limit, and wait for them", async () => {
    const done = deferred<string>();
    const { limit } = told(({ limit: now }) => (now === 1 ? now : 1), {
      initial: 2,
      onChange: async () => done.resolve(await limit.run(() => "ran")),
    });
    const held = deferred();
    const other = limit.run(() => held.promise);
    await limit.run(() => {});
    held.resolve();
    expect(await done.promise).toBe("ran");
    await other;
  });

  ambientTest(
    "and the algorithm and isDrop may wait for calls in the place of the one that has ended (needs ambient scopes)",
    async () => {
      const ran: string[] = [];
      const waiting = (name: string) => async (): Promise<void> => {
        ran.push(await limit.run(() => name));
      };
      let samples = 0;
      const update = (): number => {
        if (samples++ < 2) void waiting("update")();
        return 1;
      };
      const isDrop = (error: unknown): boolean => {
        void waiting("isDrop")();
        return error === "drop";
      };
      const onChange = waiting("onChange");
      const limit = new AdaptiveLimit({ initial: 2, algorithm: { update }, isDrop, onChange });
      const reports = await reportsDuring(async () => {
        await new CancelScope().run(async () => {
          await limit.run(async () => {});
          await limit.run(() => Promise.reject("drop")).catch(() => {});
        });
        await limit.onIdle();
        await turn();
      });
      expect(reports).toEqual([]);
      expect(ran.toSorted()).toEqual(["isDrop", "onChange", "update", "update"]);
    },
  );

  test("does not make the call that has ended look stuck", async () => {
    const { limit } = told(() => 2, {
      initial: 1,
      onChange: async () => {
        await limit.run(() => log.push("of onChange"));
      },
    });
    const log: string[] = [];
    const reports = await reportsDuring(async () => {
      const first = limit.run(async () => {
        await turn();
      });
      const nested = limit.run(async () => {
        await limit.run(() => log.push("nested"));
      });
      await Promise.all([first, nested, turn()]);
      await limit.onIdle();
    });
    expect(reports).toEqual([]);
    expect(log.toSorted()).toEqual(["nested", "of onChange"]);
  });
});

describe("clear() and onIdle()", () => {
  test("clear() rejects those in line with a ClosedError, and lets the running ones go on", () =>
    withVirtualClock(async () => {
      const { limit } = told(stay, { initial: 1 });
      const running = limit.run(() => sleep(10).then(() => "goes on"));
      const waiting = [limit.run(() => {}), limit.run(() => {})];
      limit.clear();
      expect([limit.active, limit.pending]).toEqual([1, 0]);
      for (const call of waiting) await expect(call).rejects.toBeInstanceOf(ClosedError);
      expect(await running).toBe("goes on");
    }));

  test("onIdle() waits until nothing runs and nothing waits, and sees the last call counted", () =>
    withVirtualClock(async (clock) => {
      const { limit } = told(({ limit: now }) => now + 1, { initial: 1 });
      await limit.onIdle();
      void limit.run(() => sleep(10));
      void limit.run(() => sleep(10));
      await limit.onIdle();
      expect([clock.now(), limit.concurrency]).toEqual([20, 3]);
    }));
});

test("stats() and console.log() show the figures", () =>
  withVirtualClock(async () => {
    const { limit } = told(stay, { initial: 2, name: "search" });
    const calls = [1, 2, 3].map(() => limit.run(() => sleep(5)));
    expect(limit.stats()).toEqual({
      concurrency: 2,
      active: 2,
      pending: 1,
      zombies: 0,
      samples: 0,
      dropped: 0,
      lagging: 0,
    });
    expect(Object.isFrozen(limit.stats())).toBe(true);
    await Promise.all(calls);
    expect(limit.stats()).toMatchObject({ active: 0, pending: 0, samples: 3 });
    expect(String(limit)).toMatch(/^AdaptiveLimit "search" \{ concurrency: 2, active: 0/);
  }));

interface Watched {
  watcher: { started(wait: object): void; ended(wait: object): void } | undefined;
}

/** How often waits in line are looked at while `count` wait and one call ends, which changes the limit. */
async function looksWith(count: number): Promise<number> {
  const record = (globalThis as unknown as Record<symbol, Watched>)[
    Symbol.for("corral.runtime.1")
  ]!;
  let looks = 0;
  const previous = record.watcher;
  record.watcher = {
    started: (wait) => {
      const { payload } = wait as { payload: unknown };
      Object.defineProperty(wait, "payload", { get: () => (looks++, payload) });
    },
    ended: () => {},
  };
  const gate = deferred();
  const { limit } = told(() => 3, { initial: 2 });
  try {
    const running = limit.run(() => gate.promise);
    void limit.run(() => new Promise(() => {}));
    for (let i = 0; i < count; i++) void limit.run(() => new Promise(() => {}));
    const before = looks;
    gate.resolve();
    await running;
    expect([limit.concurrency, limit.pending]).toEqual([3, count - 2]);
    return looks - before;
  } finally {
    record.watcher = previous;
  }
}

test("a change of the limit looks at no more of a long line than of a short one", async () => {
  expect(await looksWith(10)).toBeGreaterThan(0);
  // Two more or less, as a hop of the budget may put off who begins.
  expect(await looksWith(1_000)).toBeLessThan(20);
});
