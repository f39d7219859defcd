import {
  AsyncEvent,
  Barrier,
  Broadcast,
  channel,
  Condition,
  join,
  lock,
  Mutex,
  Queue,
  recv,
  select,
  send,
  taskGroup,
  Watch,
  type WaitOptions,
  when,
} from "corral";
import { runs } from "./sections.ts";

type Operation = (signal: AbortSignal, fn: () => unknown) => Promise<unknown>;

/** Waits with the signal, is woken, and calls `fn` after that. */
function woken(
  open: () => readonly [wait: (options: WaitOptions) => Promise<unknown>, wake: () => unknown],
): Operation {
  return async (signal, fn) => {
    const [wait, wake] = open();
    const waiting = wait({ signal });
    wake();
    await waiting;
    await fn();
  };
}

/** What waits for what has to be woken, each with a signal: made anew for each call. */
export const waitingOperations: Record<string, Operation> = {
  ...Object.fromEntries(
    runs.map(([name, make, way]): [string, Operation] => [
      name,
      (signal, fn) => way(make())(fn, { signal }),
    ]),
  ),
  "Mutex.acquire()": woken(() => {
    const it = new Mutex();
    const held = it.tryAcquire()!;
    return [(options) => it.acquire(options), () => held.release()];
  }),
  "AsyncEvent.wait()": woken(() => {
    const it = new AsyncEvent();
    return [(options) => it.wait(options), () => it.set()];
  }),
  "Barrier.wait()": woken(() => {
    const it = new Barrier(2);
    return [(options) => it.wait(options), () => void it.wait()];
  }),
  "HeldCondition.wait()": async (signal, fn) => {
    const it = new Condition();
    const waiting = it.run(async (held) => {
      await held.wait({ signal });
      await fn();
    });
    void it.run((held) => held.notify());
    await waiting;
  },
  "Queue.put()": woken(() => {
    const it = new Queue<number>({ capacity: 1 });
    it.tryPut(1);
    return [(options) => it.put(2, options), () => it.tryGet()];
  }),
  "Receiver.receive()": woken(() => {
    const [sender, receiver] = channel<number>(0);
    return [(options) => receiver.receive(options), () => sender.trySend(1)];
  }),
  "Receiver.receive(), closed": woken(() => {
    const [sender, receiver] = channel<number>(0);
    return [(options) => receiver.receive(options), () => sender.close(new Error("closed"))];
  }),
  "Sender.reserve()": woken(() => {
    const [sender, receiver] = channel<number>(0);
    return [(options) => sender.reserve(options), () => void receiver.receive()];
  }),
  "a loop over Receiver.values() that ends": async (signal, fn) => {
    const [sender, receiver] = channel<number>(2);
    await sender.send(1);
    sender.close();
    for await (const item of receiver.values({ signal })) if (item === 1) await fn();
  },
  "a loop over Queue.values() that is left": async (signal, fn) => {
    const it = new Queue<number>({ capacity: 1 });
    queueMicrotask(() => it.tryPut(1));
    for await (const item of it.values({ signal })) {
      await fn();
      if (item === 1) break;
    }
  },
  "Subscription.receive()": woken(() => {
    const it = new Broadcast<number>({ capacity: 1 });
    const subscription = it.subscribe();
    return [(options) => subscription.receive(options), () => it.publish(1)];
  }),
  "Watch.waitFor()": woken(() => {
    const it = new Watch(0);
    return [(options) => it.waitFor((value) => value === 1, options), () => it.set(1)];
  }),
  "WatchReader.changed()": woken(() => {
    const it = new Watch(0);
    const reader = it.subscribe();
    return [(options) => reader.changed(options), () => it.set(1)];
  }),
  "select() of many": woken(() => {
    const [sender, receiver] = channel<number>(0);
    const [other, event, held] = [channel<number>(0), new AsyncEvent(), new Mutex()];
    held.tryAcquire();
    const clauses = {
      item: recv(receiver),
      sent: send(other[0], 1),
      set: when(event),
      locked: lock(held),
    };
    return [(options) => select(clauses, options), () => sender.trySend(1)];
  }),
  "select() of a task": (signal, fn) =>
    taskGroup((group) => select({ task: join(group.spawn(fn)) }, { signal })),
};
