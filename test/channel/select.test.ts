import { turn } from "../support/turn.ts";
import { describe, expect, test } from "vitest";
import {
  after,
  AsyncEvent,
  CapacityLimiter,
  channel,
  type Clause,
  join,
  Latch,
  lock,
  Mutex,
  now,
  Queue,
  recv,
  RwLock,
  select,
  Semaphore,
  send,
  TaskGroup,
  when,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { deferred } from "../support/deferred.ts";
import { notes } from "./notes.ts";

/** A clause that can be chosen at once, or that has to wait until `let()` is called. */
interface Subject {
  readonly clause: Clause<unknown>;
  readonly let: () => unknown;
  readonly value: unknown;
}

function permit(weight: number): unknown {
  return expect.objectContaining({ weight });
}

type Make = (ready: boolean) => Subject;

const subjects: Record<string, Make> = {
  "recv() of a channel": (ready) => {
    const [sender, receiver] = channel<string>(1);
    const go = (): unknown => sender.trySend("item");
    if (ready) go();
    return { clause: recv(receiver), let: go, value: "item" };
  },
  "recv() of a queue": (ready) => {
    const queue = new Queue<string>({ capacity: 1 });
    const go = (): unknown => queue.tryPut("item");
    if (ready) go();
    return { clause: recv(queue), let: go, value: "item" };
  },
  "recv() of an item that is undefined": (ready) => {
    const [sender, receiver] = channel<undefined>(1);
    const go = (): unknown => sender.trySend(undefined);
    if (ready) go();
    return { clause: recv(receiver), let: go, value: undefined };
  },
  "send() to a channel": (ready) => {
    const [sender, receiver] = channel<string>(1);
    if (!ready) sender.trySend("first");
    return {
      clause: send(sender, "item"),
      let: () => receiver.tryReceive(),
      value: undefined,
    };
  },
  "send() to a queue": (ready) => {
    const queue = new Queue<string>({ capacity: 1 });
    if (!ready) queue.tryPut("first");
    return { clause: send(queue, "item"), let: () => queue.tryGet(), value: undefined };
  },
  "join() of a task": (ready) => {
    const group = new TaskGroup();
    const work = deferred<string>();
    const task = group.spawn(() => (ready ? "result" : work.promise));
    return { clause: join(task), let: () => work.resolve("result"), value: "result" };
  },
  "lock() of a semaphore": (ready) => {
    const semaphore = new Semaphore(2);
    const held = ready ? undefined : semaphore.tryAcquire({ weight: 2 });
    return {
      clause: lock(semaphore, { weight: 2 }),
      let: () => held!.release(),
      value: permit(2),
    };
  },
  "lock() of a mutex": (ready) => {
    const mutex = new Mutex();
    const held = ready ? undefined : mutex.tryAcquire();
    return {
      clause: lock(mutex),
      let: () => held!.release(),
      value: permit(1),
    };
  },
  "lock() of the writing side of a lock": (ready) => {
    const { read, write } = new RwLock();
    const held = ready ? undefined : read.tryAcquire();
    return {
      clause: lock(write),
      let: () => held!.release(),
      value: permit(2 ** 30),
    };
  },
  "lock() of a capacity limiter": (ready) => {
    const limiter = new CapacityLimiter(1);
    const held = ready ? undefined : limiter.tryAcquire({ key: "other" });
    return {
      clause: lock(limiter, { key: "me" }),
      let: () => held!.release(),
      value: permit(1),
    };
  },
  "when() of an event": (ready) => {
    const event = new AsyncEvent();
    if (ready) event.set();
    return { clause: when(event), let: () => event.set(), value: undefined };
  },
  "when() of a latch": (ready) => {
    const latch = new Latch(ready ? 0 : 1);
    return { clause: when(latch), let: () => latch.countDown(), value: undefined };
  },
};

/** A clause that is never chosen. */
function never(): Clause<unknown> {
  return when(new AsyncEvent());
}

describe.each(Object.entries(subjects))("select() with %s", (_, make) => {
  test("chooses it at once when it can be done", async () => {
    const { clause, value } = make(true);
    await turn();
    expect(await select({ never: never(), it: clause })).toEqual({ key: "it", value });
  });

  test("waits for it, and chooses it in the step in which it can be done", async () => {
    const { clause, let: go, value } = make(false);
    const { log, note } = notes();
    const chosen = select({ never: never(), it: clause });
    const ended = note("it", chosen);
    await turn();
    expect(log).toEqual([]);
    await go();
    await ended;
    expect(await chosen).toEqual({ key: "it", value });
  });

  test("does not choose it alone of two: it is there for the next one", async () => {
    const { clause, value } = make(true);
    await turn();
    const event = new AsyncEvent();
    event.set();
    expect((await select({ other: when(event), it: clause }, { biased: true })).key).toBe("other");
    expect(await select({ it: clause })).toEqual({ key: "it", value });
  });

  test("leaves it to others when another one is chosen, after waiting for both", async () => {
    const { clause, let: go, value } = make(false);
    const event = new AsyncEvent();
    const chosen = select({ other: when(event), it: clause });
    event.set();
    await go();
    expect((await chosen).key).toBe("other");
    await turn();
    expect(await select({ it: clause })).toEqual({ key: "it", value });
  });
});

describe("select() with after()", () => {
  test("chooses it when the time has passed, and not before", async () => {
    await withVirtualClock(async () => {
      const chosen = await select({ never: never(), late: after(60), later: after(70) });
      expect([chosen, now()]).toEqual([{ key: "late", value: undefined }, 60]);
    });
  });

  test.each([0, -1])("of %i ms chooses it in the next turn", async (ms) => {
    await withVirtualClock(async () => {
      expect((await select({ never: never(), late: after(ms) })).key).toBe("late");
      expect(now()).toBe(0);
    });
  });

  test("of Infinity never chooses it", async () => {
    await withVirtualClock(async () => {
      const [sender, receiver] = channel<string>(1);
      const chosen = select({ never: after(Infinity), item: recv(receiver), late: after(1e9) });
      expect((await chosen).key).toBe("late");
      expect(sender.stats().receiving).toBe(0);
    });
  });

  test("begins to count anew each time that the clause is used", async () => {
    await withVirtualClock(async () => {
      const late = after(10);
      await select({ late });
      await select({ late });
      expect(now()).toBe(20);
    });
  });
});

describe("select()", () => {
  test("leaves out clauses that are undefined", async () => {
    const [sender, receiver] = channel<number>(1);
    sender.trySend(1);
    const a = undefined as Clause<string> | undefined;
    expect(await select({ a, b: recv(receiver) })).toEqual({ key: "b", value: 1 });
  });
});
