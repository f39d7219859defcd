import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import { any, gather, gatherSettled, limit, map, race, sleep, taskGroup, TaskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { guardedCalls } from "./guarded-calls.ts";
import { waitingOperations } from "./waiting-operations.ts";

type Operation = (signal: AbortSignal, fn: () => unknown) => Promise<unknown>;

const operations: Record<string, Operation> = {
  "taskGroup()": (signal, fn) => taskGroup(fn, { signal }),
  "a task group with a child": (signal, fn) =>
    taskGroup(
      (group) => {
        group.spawn(fn);
      },
      { signal },
    ),
  "an `await using` group": async (signal, fn) => {
    await using group = new TaskGroup({ signal });
    group.spawn(fn);
    await group.join();
  },
  "start()": (signal, fn) =>
    taskGroup((group) =>
      group.start(
        async (started) => {
          started();
          await fn();
        },
        { signal },
      ),
    ),
  "wait() for a task": (signal, fn) => taskGroup((group) => group.spawn(fn).wait({ signal })),
  "gather()": (signal, fn) => gather([fn, fn], { signal }),
  "gatherSettled()": (signal, fn) => gatherSettled([fn, fn], { signal }),
  "race()": (signal, fn) => race([fn, fn], { signal }),
  "any()": (signal, fn) => any([fn, fn], { signal }),
  "limit()": (signal, fn) => limit(1)(fn, { signal }),
  "limit() with a wait in line": (signal, fn) => {
    const one = limit(1);
    void one(async () => {});
    return one(fn, { signal });
  },
  "limit().clear()": async (signal, fn) => {
    const one = limit(1);
    void one(async () => {});
    const cleared = one(fn, { signal });
    one.clear();
    await cleared;
  },
  "limit().map()": (signal, fn) => limit(1).map([1, 2], fn, { signal }),
  "limit().onIdle()": async (signal, fn) => {
    const one = limit(1);
    const idle = [one(fn), one.onIdle({ signal })];
    await Promise.all(idle);
  },
  "map()": (signal, fn) => map([1, 2], fn, { concurrency: 1, signal }),
  ...waitingOperations,
  ...guardedCalls,
};

const count = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe.each(Object.entries(operations))(
  "pitfall 4: %s leaves no listener on a long-lived signal",
  (_, operation) => {
    test("after a success", async () => {
      const { signal } = new AbortController();
      for (let i = 0; i < 10; i++) await operation(signal, async () => {}).catch(() => {});
      expect(count(signal)).toBe(0);
    });

    test("after a failure", async () => {
      const { signal } = new AbortController();
      for (let i = 0; i < 10; i++) {
        await operation(signal, () => Promise.reject(new Error("no"))).catch(() => {});
      }
      expect(count(signal)).toBe(0);
    });

    test("after an abort", async () => {
      await withVirtualClock(async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const running = operation(signal, () => sleep(10, { signal })).catch(() => {});
        controller.abort();
        await running;
        expect(count(signal)).toBe(0);
      });
    });

    test("that is aborted already", async () => {
      const signal = AbortSignal.abort();
      await operation(signal, async () => {}).catch(() => {});
      expect(count(signal)).toBe(0);
    });

    test("and never more than one, however many at once; no warning is emitted", async () => {
      const warnings: Error[] = [];
      const hear = (warning: Error): void => void warnings.push(warning);
      process.on("warning", hear);
      try {
        await withVirtualClock(async () => {
          const { signal } = new AbortController();
          const all = Array.from({ length: 30 }, () =>
            operation(signal, () => sleep(10, { signal })).catch(() => {}),
          );
          expect(count(signal)).toBeLessThanOrEqual(1);
          await Promise.all(all);
          expect(count(signal)).toBe(0);
        });
      } finally {
        process.off("warning", hear);
      }
      expect(warnings).toEqual([]);
    });
  },
);

test("pitfall 4: race() leaves nothing on the scope's signal that its functions wait on", async () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 10; i++) {
    await race<unknown>([() => 1, (scope) => sleep(1_000, { signal: scope.signal })], { signal });
  }
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
