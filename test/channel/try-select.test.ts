import { describe, expect, test } from "vitest";
import {
  after,
  AsyncEvent,
  CancelScope,
  channel,
  ClosedError,
  join,
  lock,
  Mutex,
  Queue,
  recv,
  send,
  TaskGroup,
  trySelect,
  when,
} from "corral";
import { at } from "../support/mode.ts";
import { deferred } from "../support/deferred.ts";

describe("trySelect()", () => {
  test("does one thing that can be done at once", async () => {
    const [sender, receiver] = channel<number>(1);
    expect(trySelect({ out: send(sender, 1) })).toEqual({ key: "out", value: undefined });
    expect(trySelect({ in: recv(receiver) })).toEqual({ key: "in", value: 1 });
    const mutex = new Mutex();
    const chosen = trySelect({ it: lock(mutex) });
    expect([mutex.locked, chosen?.key]).toEqual([true, "it"]);
    chosen?.value.release();
    const group = new TaskGroup();
    const task = group.spawn(() => "result");
    await task;
    expect(trySelect({ it: join(task) })).toEqual({ key: "it", value: "result" });
  });

  test("does nothing when none can be done, and leaves nobody in line", () => {
    const [sender, receiver] = channel<number>(0);
    const queue = new Queue<number>({ capacity: 1 });
    const mutex = new Mutex();
    mutex.tryAcquire();
    const event = new AsyncEvent();
    const task = new TaskGroup().spawn(() => deferred().promise);
    const chosen = trySelect({
      out: send(sender, 1),
      in: recv(receiver),
      item: recv(queue),
      lock: lock(mutex),
      event: when(event),
      late: after(0),
      task: join(task),
    });
    expect(chosen).toBeUndefined();
    expect(sender.stats()).toMatchObject({ sending: 0, receiving: 0 });
    expect([queue.stats().getting, mutex.waiting, event.waiting]).toEqual([0, 0, 0]);
  });

  test("takes the first that can be done when it is biased, and leaves the others", () => {
    const queues = ["a", "b"].map((item) => {
      const queue = new Queue<string>({ capacity: 1 });
      queue.tryPut(item);
      return queue;
    });
    const clauses = { a: recv(queues[0]!), b: recv(queues[1]!) };
    expect(trySelect(clauses, { biased: true })).toEqual({ key: "a", value: "a" });
    expect(queues.map(({ size }) => size)).toEqual([0, 1]);
    expect(trySelect(clauses, { biased: true })).toEqual({ key: "b", value: "b" });
    expect(trySelect(clauses, { biased: true })).toBeUndefined();
  });

  test("overtakes nobody who waits", async () => {
    const [sender, receiver] = channel<number>(1);
    const got = receiver.receive();
    sender.trySend(1);
    expect(trySelect({ in: recv(receiver) })).toBeUndefined();
    expect(await got).toBe(1);
  });

  test("throws what a channel that is closed throws", () => {
    const [sender, receiver] = channel<number>(1);
    const clause = recv(receiver);
    sender.close("broken");
    let thrown: unknown;
    try {
      trySelect({ clause });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe("broken");
    receiver.close();
    expect(() => trySelect({ out: send(sender, 1) })).toThrow(ClosedError);
  });

  test("never waits, so that it works in a cancelled scope as well", async () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.tryPut(1);
    const scope = new CancelScope();
    scope.cancel();
    await scope.run(() => {
      expect(trySelect({ item: recv(queue) }, at(scope))).toEqual({ key: "item", value: 1 });
    });
  });

  test("leaves out clauses that are undefined", () => {
    const queue = new Queue<number>({ capacity: 1 });
    queue.tryPut(1);
    expect(trySelect({ a: undefined, b: recv(queue) })).toEqual({ key: "b", value: 1 });
  });
});
