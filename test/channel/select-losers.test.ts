// What was not chosen has done nothing, and nothing of it is left.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  after,
  AsyncEvent,
  CancelScope,
  CapacityLimiter,
  channel,
  type Clause,
  DeadlockError,
  join,
  Latch,
  lock,
  Mutex,
  Queue,
  recv,
  select,
  Semaphore,
  send,
  TaskGroup,
  when,
} from "corral";
import { type VirtualClock, withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { deferred } from "../support/deferred.ts";

/** Clauses of each kind, none of which can be done now, and how many wait for each. */
function stuck(): { clauses: Record<string, Clause<unknown>>; waiting: () => number[] } {
  const [sender, receiver] = channel<number>(0);
  const empty = new Queue<number>({ capacity: 1 });
  const full = new Queue<number>({ capacity: 1 });
  full.tryPut(0);
  const semaphore = new Semaphore(1);
  semaphore.tryAcquire();
  const mutex = new Mutex();
  mutex.tryAcquire();
  const limiter = new CapacityLimiter(1);
  limiter.tryAcquire({ key: "other" });
  const event = new AsyncEvent();
  const latch = new Latch(1);
  return {
    clauses: {
      receive: recv(receiver),
      send: send(sender.clone(), 1),
      get: recv(empty),
      put: send(full, 1),
      semaphore: lock(semaphore),
      mutex: lock(mutex),
      limiter: lock(limiter, { key: "me" }),
      event: when(event),
      latch: when(latch),
    },
    waiting: () => [
      sender.stats().receiving,
      sender.stats().sending,
      empty.stats().getting,
      full.stats().putting,
      semaphore.waiting,
      mutex.waiting,
      limiter.waiting,
      event.waiting,
      latch.waiting,
    ],
  };
}

const NOBODY = Array.from({ length: 9 }, () => 0);
const ONE_EACH = NOBODY.map(() => 1);

describe("select() leaves nobody in any line", () => {
  test("when another clause is chosen", async () => {
    const { clauses, waiting } = stuck();
    const go = new AsyncEvent();
    const chosen = select({ ...clauses, go: when(go) });
    expect(waiting()).toEqual(ONE_EACH);
    go.set();
    expect(waiting()).toEqual(NOBODY);
    expect((await chosen).key).toBe("go");
  });

  test("when its signal aborts: one listener for all, and none after that", async () => {
    const { clauses, waiting } = stuck();
    const controller = new AbortController();
    const chosen = select(clauses, controller);
    expect(waiting()).toEqual(ONE_EACH);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
    controller.abort("gone");
    expect(waiting()).toEqual(NOBODY);
    expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
    await expect(chosen).rejects.toBe("gone");
  });

  test("when its scope is cancelled, also with a signal beside it", async () => {
    const { clauses, waiting } = stuck();
    const scope = new CancelScope();
    const { signal } = new AbortController();
    const chosen = scope.run(() => select(clauses, { signal, ...at(scope) }));
    scope.cancel();
    expect(waiting()).toEqual(NOBODY);
    expect(scope.first).toBeUndefined();
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await expect(chosen).rejects.toBe(scope.signal.reason);
  });

  test("when a clause fails", async () => {
    const { clauses, waiting } = stuck();
    const queue = new Queue<number>({ capacity: 1 });
    const chosen = select({ ...clauses, queue: recv(queue) });
    queue.abort("broken");
    expect(waiting()).toEqual(NOBODY);
    await expect(chosen).rejects.toBe("broken");
  });

  test("when it is chosen at once: nobody has waited", async () => {
    const { clauses, waiting } = stuck();
    const go = new AsyncEvent();
    go.set();
    const chosen = select({ ...clauses, go: when(go) });
    expect(waiting()).toEqual(NOBODY);
    expect((await chosen).key).toBe("go");
  });

  test("of a task: it runs on, and its failure is nobody's here", async () => {
    const group = new TaskGroup();
    const work = deferred<string>();
    const task = group.spawn(() => work.promise);
    const go = new AsyncEvent();
    const chosen = select({ task: join(task), go: when(go) });
    go.set();
    expect((await chosen).key).toBe("go");
    expect(task.status).toBe("running");
    work.reject("late");
    await expect(group[Symbol.asyncDispose]()).rejects.toBe("late");
  });
});

describe("select() leaves no timer", () => {
  const ways: Record<string, (late: Clause<void>) => Promise<unknown>> = {
    "when another clause is chosen": async (late) => {
      const go = new AsyncEvent();
      const chosen = select({ late, go: when(go) });
      go.set();
      await chosen;
    },
    "when another one is chosen at once": async (late) => {
      const go = new AsyncEvent();
      go.set();
      await select({ late, go: when(go) });
    },
    "when it is chosen itself": (late) => select({ now: after(0), late }),
    "when it is cancelled": async (late) => {
      const controller = new AbortController();
      const chosen = select({ late }, controller);
      controller.abort();
      await chosen.catch(() => {});
    },
    "when a clause fails": async (late) => {
      const queue = new Queue<number>({ capacity: 1 });
      const chosen = select({ late, item: recv(queue) });
      queue.close();
      await chosen.catch(() => {});
    },
  };

  test.each(Object.entries(ways))("%s", async (_, way) => {
    let used: VirtualClock | undefined;
    const stuckAfter = withVirtualClock(async (clock) => {
      used = clock;
      await way(after(60_000));
      // The clock would jump to any timer that is left before it finds that nothing can go on.
      await new AsyncEvent().wait();
    });
    await expect(stuckAfter).rejects.toBeInstanceOf(DeadlockError);
    expect(used!.now()).toBe(0);
  });
});
