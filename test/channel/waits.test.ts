// What all that wait in this layer do when they are cancelled.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "vitest";
import {
  after,
  CancelScope,
  channel,
  Queue,
  recv,
  select,
  send,
  timeout,
  TimeoutError,
  type WaitOptions,
} from "corral";
import { withVirtualClock } from "corral/testing";
import { at } from "../support/mode.ts";
import { unhandledDuring } from "../support/unhandled.ts";
import { aborter } from "./aborter.ts";

/** Something to wait for, at once or not, and how many it knows of that wait. */
interface Subject {
  readonly wait: (options?: WaitOptions) => Promise<unknown>;
  readonly figures: () => unknown;
  readonly waiting: () => number;
}

function queue(items: number): Omit<Subject, "wait"> & { it: Queue<string> } {
  const it = new Queue<string>({ capacity: 1 });
  if (items > 0) it.tryPut("first");
  return {
    it,
    figures: () => it.stats(),
    waiting: () => it.stats().putting + it.stats().getting,
  };
}

function ends(items: number): Omit<Subject, "wait"> & { it: ReturnType<typeof channel<string>> } {
  const it = channel<string>(1);
  if (items > 0) it[0].trySend("first");
  return {
    it,
    figures: () => it[0].stats(),
    waiting: () => it[0].stats().sending + it[0].stats().receiving,
  };
}

type Make = (ready: boolean) => Subject;

const subjects: Record<string, Make> = {
  "Queue.put()": (ready) => {
    const { it, ...rest } = queue(ready ? 0 : 1);
    return { ...rest, wait: (options) => it.put("x", options) };
  },
  "Queue.get()": (ready) => {
    const { it, ...rest } = queue(ready ? 1 : 0);
    return { ...rest, wait: (options) => it.get(options) };
  },
  "Queue.values()": (ready) => {
    const { it, ...rest } = queue(ready ? 1 : 0);
    return { ...rest, wait: (options) => it.values(options).next() };
  },
  "Queue.join()": (ready) => {
    const { it, ...rest } = queue(ready ? 0 : 1);
    return { ...rest, wait: (options) => it.join(options) };
  },
  "Sender.send()": (ready) => {
    const { it, ...rest } = ends(ready ? 0 : 1);
    return { ...rest, wait: (options) => it[0].send("x", options) };
  },
  "Sender.reserve()": (ready) => {
    const { it, ...rest } = ends(ready ? 0 : 1);
    return { ...rest, wait: (options) => it[0].reserve(options) };
  },
  "Receiver.receive()": (ready) => {
    const { it, ...rest } = ends(ready ? 1 : 0);
    return { ...rest, wait: (options) => it[1].receive(options) };
  },
  "Receiver.values()": (ready) => {
    const { it, ...rest } = ends(ready ? 1 : 0);
    return { ...rest, wait: (options) => it[1].values(options).next() };
  },
  "select()": (ready) => {
    const { it, ...rest } = ends(ready ? 1 : 0);
    const other = queue(1);
    const clauses = { a: recv(it[1]), b: send(other.it, "x"), c: after(60_000) };
    return {
      wait: (options) => select(clauses, options),
      figures: () => [rest.figures(), other.figures()],
      waiting: () => rest.waiting() + other.waiting(),
    };
  },
};

describe.each(Object.entries(subjects))("%s", (_, make) => {
  test("does nothing when its signal has aborted, or in a cancelled scope, also again", async () => {
    const { wait, figures } = make(true);
    const before = figures();
    const scope = new CancelScope();
    scope.cancel();
    await expect(wait({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
    await scope.run(async () => {
      await expect(wait(at(scope))).rejects.toBe(scope.signal.reason);
      await expect(wait(at(scope))).rejects.toBe(scope.signal.reason);
    });
    expect(figures()).toEqual(before);
  });

  test("ends when its scope is cancelled while it waits, and leaves nobody in line", async () => {
    const { wait, waiting } = make(false);
    const scope = new CancelScope();
    const run = scope.run(() => wait(at(scope)));
    scope.cancel("enough");
    expect(waiting()).toBe(0);
    expect(scope.first).toBeUndefined();
    await expect(run).rejects.toBe(scope.signal.reason);
  });

  test("ends when its time is over", async () => {
    await withVirtualClock(async (clock) => {
      const { wait, waiting } = make(false);
      const call = timeout(10, (scope) => wait(at(scope)));
      await expect(call).rejects.toBeInstanceOf(TimeoutError);
      expect([clock.now(), waiting()]).toEqual([10, 0]);
    });
  });

  test("rejects with its signal's reason as it is, also a falsy one", async () => {
    for (const reason of [0, "", null, false]) {
      const { wait, waiting } = make(false);
      const { signal, abort } = aborter();
      const call = wait({ signal });
      abort(reason);
      expect(waiting()).toBe(0);
      await expect(call).rejects.toBe(reason);
    }
  });

  test("leaves no listener on its signal, and no unhandled rejection", async () => {
    const { signal, abort } = aborter();
    const unhandled = await unhandledDuring(async () => {
      await make(true).wait({ signal });
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
      void make(false).wait({ signal });
      expect(getEventListeners(signal, "abort")).toHaveLength(1);
      abort("gone");
      expect(getEventListeners(signal, "abort")).toHaveLength(0);
    });
    expect(unhandled).toEqual([]);
  });
});
