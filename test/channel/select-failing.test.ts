// Clauses that can never be done: closed channels, failed tasks.
import { describe, expect, test } from "vitest";
import {
  CancelledError,
  channel,
  type Clause,
  ClosedError,
  join,
  lock,
  Queue,
  recv,
  select,
  Semaphore,
  send,
  type Task,
  TaskGroup,
  trySelect,
} from "corral";
import { ambientTest } from "../support/mode.ts";
import { deferred } from "../support/deferred.ts";
import { unhandledDuring } from "../support/unhandled.ts";

/** Makes a clause, and what makes it fail with the error that is given with it. */
type Make = () => { clause: Clause<unknown>; fail: () => unknown; error: unknown };

const failure = new Error("broken");
const closed = expect.any(ClosedError) as unknown;

/** The one task of a group, and what waits for the group's end. */
function lone(fn: (task: Task<unknown>) => Promise<void>): {
  readonly task: Task<void>;
  readonly joined: () => Promise<unknown>;
} {
  const group = new TaskGroup();
  return { task: group.spawn(fn), joined: () => group[Symbol.asyncDispose]().then(null, () => {}) };
}

const subjects: Record<string, Make> = {
  "recv() of a channel, all that send closed": () => {
    const [sender, receiver] = channel<number>(1);
    return { clause: recv(receiver), fail: () => sender.close(), error: closed };
  },
  "recv() of a channel, closed with a reason": () => {
    const [sender, receiver] = channel<number>(1);
    return { clause: recv(receiver), fail: () => sender.close(failure), error: failure };
  },
  "recv() of a receiving end that is closed": () => {
    const [, receiver] = channel<number>(1);
    receiver.clone();
    return { clause: recv(receiver), fail: () => receiver.close(), error: closed };
  },
  "recv() of a queue that is closed": () => {
    const queue = new Queue<number>({ capacity: 1 });
    return { clause: recv(queue), fail: () => queue.close(), error: closed };
  },
  "recv() of a queue that is aborted, with a falsy reason": () => {
    const queue = new Queue<number>({ capacity: 1 });
    return { clause: recv(queue), fail: () => queue.abort(0), error: 0 };
  },
  "send() to a channel, all that receive closed": () => {
    const [sender, receiver] = channel<number>(0);
    return { clause: send(sender, 1), fail: () => receiver.close(), error: closed };
  },
  "send() to a sending end that is closed": () => {
    const [sender] = channel<number>(0);
    sender.clone();
    return { clause: send(sender, 1), fail: () => sender.close(), error: closed };
  },
  "send() to a queue that is closed": () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.tryPut(0);
    return { clause: send(queue, 1), fail: () => queue.close(), error: closed };
  },
  "join() of a task that fails": () => {
    const work = deferred();
    const { task, joined } = lone(() => work.promise);
    const fail = (): Promise<unknown> => {
      work.reject(failure);
      return joined();
    };
    return { clause: join(task), fail, error: failure };
  },
  "join() of a task that fails with undefined": () => {
    const work = deferred();
    const { task, joined } = lone(() => work.promise);
    const fail = (): Promise<unknown> => {
      work.reject(undefined);
      return joined();
    };
    return { clause: join(task), fail, error: undefined };
  },
  "join() of a task that is cancelled": () => {
    const { task, joined } = lone(
      ({ scope: { signal } }) =>
        new Promise<void>((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
        }),
    );
    const fail = (): Promise<unknown> => {
      task.cancel(failure);
      return joined();
    };
    return { clause: join(task), fail, error: expect.any(CancelledError) as unknown };
  },
  "lock() of a semaphore that gets too small": () => {
    const semaphore = new Semaphore(3);
    semaphore.tryAcquire();
    const clause = lock(semaphore, { weight: 3 });
    return { clause, fail: () => semaphore.resize(2), error: expect.any(RangeError) as unknown };
  },
};

function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

describe.each(Object.entries(subjects))("%s", (name, make) => {
  test("makes a waiting select() reject, and take nothing else", async () => {
    const { clause, fail, error } = make();
    const queue = new Queue<number>({ capacity: 1 });
    const ended = outcome(select({ clause, other: recv(queue) }));
    await fail();
    expect(queue.stats().getting).toBe(0);
    expect(await ended).toEqual({ error });
    queue.tryPut(1);
    expect(queue.tryGet()).toEqual({ value: 1 });
  });

  // What a semaphore never has is refused already where the clause is made.
  test.skipIf(name.startsWith("lock"))("makes select() reject that comes later", async () => {
    const { clause, fail, error } = make();
    await fail();
    let thrown: unknown = "nothing";
    try {
      trySelect({ clause });
    } catch (reason) {
      thrown = reason;
    }
    expect(thrown).toEqual(error);
    expect(await outcome(select({ clause }))).toEqual({ error });
  });

  // The failure of a task is one wherever it is waited for.
  test.skipIf(name.startsWith("join"))(
    "leaves no unhandled rejection where nobody listens",
    async () => {
      const unhandled = await unhandledDuring(async () => {
        const { clause, fail } = make();
        void select({ clause });
        await fail();
      });
      expect(unhandled).toEqual([]);
    },
  );
});

test("a channel that is closed gives what is left in it first", async () => {
  const [sender, receiver] = channel<number>(2);
  sender.trySend(1);
  sender.close();
  expect(await select({ item: recv(receiver) })).toEqual({ key: "item", value: 1 });
  await expect(select({ item: recv(receiver) })).rejects.toBeInstanceOf(ClosedError);
});

test("what comes before a closed channel in a biased select() is chosen all the same", async () => {
  const [sender, receiver] = channel<number>(1);
  sender.close();
  const queue = new Queue<number>({ capacity: 1 });
  queue.tryPut(1);
  const clauses = { item: recv(queue), closed: recv(receiver) };
  expect((await select(clauses, { biased: true })).key).toBe("item");
});

ambientTest("join() of the task that asks is a DeadlockError (needs ambient scopes)", async () => {
  await using group = new TaskGroup();
  const task = group.spawn(async (self) => {
    await Promise.resolve();
    return select({ self: join(self) });
  });
  await expect(task).rejects.toMatchObject({ name: "DeadlockError" });
  await group.join().catch(() => {});
});
