import { describe, expect, test } from "vitest";
import {
  any,
  CancelScope,
  CircuitBreaker,
  constant,
  debounce,
  fallback,
  gather,
  gatherSettled,
  hedge,
  limit,
  map,
  race,
  retry,
  sleep,
  taskGroup,
  TaskGroup,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { unhandledDuring } from "../support/unhandled.ts";

type Failing = () => Promise<never>;

/** Fails after `ms`, deaf to any cancellation. */
function after(ms: number): Failing {
  return async () => {
    await new CancelScope({ shield: true }).run((scope) => sleep(ms, { signal: scope.signal }));
    throw new Error(`after ${ms} ms`);
  };
}

/** Functions that all fail, each at another time. */
function failing(): [Failing, Failing, Failing] {
  return [after(1), after(2), after(3)];
}

const combinators: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
  "taskGroup()": (signal) =>
    taskGroup(
      (group) => {
        for (const fn of failing()) group.spawn(fn);
      },
      { signal },
    ),
  "taskGroup() whose body fails first": (signal) =>
    taskGroup(
      (group) => {
        for (const fn of failing()) group.spawn(fn);
        throw new Error("body");
      },
      { signal },
    ),
  "taskGroup() with tasks that were awaited halfway": (signal) =>
    taskGroup(
      async (group) => {
        const tasks = failing().map((fn) => group.spawn(fn));
        await Promise.all(tasks);
      },
      { signal },
    ),
  "taskGroup() with a queue": (signal) =>
    taskGroup(
      (group) => {
        for (const fn of failing()) group.spawn(fn);
      },
      { signal, concurrency: 1 },
    ),
  "taskGroup() with waits for tasks that nobody looks at": (signal) =>
    taskGroup(
      (group) => {
        for (const fn of failing()) void group.spawn(fn);
        void group
          .spawn((task) => sleep(1_000, { signal: task.scope.signal }))
          .wait({ signal })
          .catch(() => {});
      },
      { signal },
    ),
  "taskGroup() with a start": (signal) =>
    taskGroup(
      async (group) => {
        for (const fn of failing()) group.spawn(fn);
        await group.start(failing()[2]);
      },
      { signal },
    ),
  "an `await using` group": async (signal) => {
    await using group = new TaskGroup({ signal });
    for (const fn of failing()) group.spawn(fn);
    await group.join();
  },
  "gather()": (signal) => gather(failing(), { signal }),
  "gather() with concurrency": (signal) => gather(failing(), { signal, concurrency: 2 }),
  "gatherSettled()": (signal) => gatherSettled(failing(), { signal }),
  "race()": (signal) => race(failing(), { signal }),
  "race() that is won": (signal) => race<unknown>([() => "won", ...failing()], { signal }),
  "any()": (signal) => any(failing(), { signal }),
  "any() that is won": (signal) => any<unknown>([...failing(), () => "won"], { signal }),
  "limit().map()": (signal) => limit(2).map(failing(), (fn) => fn(), { signal }),
  "map()": (signal) => map(failing(), (fn) => fn(), { concurrency: 2, signal }),
  "retry()": (signal) =>
    retry((attempt) => failing()[attempt.number - 1]!(), { backoff: constant(1), signal }),
  "hedge()": (signal) =>
    hedge((_scope, attempt) => failing()[attempt - 1]!(), { delayMs: 0, max: 3, signal }),
  "hedge() that is won": (signal) =>
    hedge<unknown>((_scope, attempt) => (attempt === 3 ? "won" : failing()[attempt - 1]!()), {
      delayMs: 0,
      max: 3,
      signal,
    }),
  "fallback()": (signal) => fallback(after(1), after(2), { signal }),
  "CircuitBreaker.run()": (signal) =>
    new CircuitBreaker({ failures: 1, openMs: 1 }).run(after(1), { signal }),
  "debounce() of several": (signal) => {
    const call = debounce(after(1), 1, { signal });
    return Promise.all([call(), call(), call()]);
  },
};

describe.each(Object.entries(combinators))(
  "pitfall 9: no unhandled rejection comes from %s",
  (_, combine) => {
    test("whose functions all fail, at different times", async () => {
      const unhandled = await unhandledDuring(() =>
        withVirtualClock(async () => {
          await combine(new AbortController().signal).catch(() => {});
          await sleep(100);
        }),
      );
      expect(unhandled).toEqual([]);
    });

    test("under a signal that aborts meanwhile", async () => {
      const unhandled = await unhandledDuring(() =>
        withVirtualClock(async () => {
          const controller = new AbortController();
          const combined = combine(controller.signal).catch(() => {});
          controller.abort(new Error("tired"));
          await combined;
          await sleep(100);
        }),
      );
      expect(unhandled).toEqual([]);
    });

    test("under a signal that is aborted already", async () => {
      const unhandled = await unhandledDuring(() =>
        withVirtualClock(async () => {
          await combine(AbortSignal.abort(new Error("before"))).catch(() => {});
          await sleep(100);
        }),
      );
      expect(unhandled).toEqual([]);
    });
  },
);

test("pitfall 9: a failure of a child that nobody awaits is the group's, and nobody else's", async () => {
  const unhandled = await unhandledDuring(async () => {
    const ended = taskGroup((group) => {
      group.spawn(() => Promise.reject(new Error("no")));
    });
    await expect(ended).rejects.toThrow("no");
  });
  expect(unhandled).toEqual([]);
});
