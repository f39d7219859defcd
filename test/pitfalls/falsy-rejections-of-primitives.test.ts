import { describe, expect, test } from "vitest";
import { channel, Condition, join, Queue, safeChannel, select, TaskGroup, Watch } from "corral";
import { runs } from "./sections.ts";

const odd = [undefined, null, 0, "", false, "str", {}];

function queue(): Queue<number> {
  return new Queue<number>({ capacity: 1 });
}

/** Ways for an error to go through a primitive, with the error that it is. */
const ways: Record<string, (error: unknown) => Promise<unknown>> = {
  ...Object.fromEntries(
    runs.map(([name, make, way]) => [
      name,
      (error: unknown) => way(make())(() => Promise.reject(error)),
    ]),
  ),
  "the predicate of HeldCondition.waitFor()": (error) =>
    new Condition().run((held) =>
      held.waitFor(() => {
        throw error;
      }),
    ),
  "the predicate of Watch.waitFor(), at once": (error) =>
    new Watch(0).waitFor(() => {
      throw error;
    }),
  "the predicate of Watch.waitFor(), in a set()": (error) => {
    const watch = new Watch(0);
    const waiting = watch.waitFor((value) => {
      if (value === 1) throw error;
      return false;
    });
    watch.set(1);
    return waiting;
  },
  "the order of a Queue": (error) => {
    const order = (): number => {
      throw error;
    };
    const it = new Queue<number>({ capacity: 2, order });
    it.tryPut(1);
    return it.put(2);
  },
  "a generator of safeChannel()": (error) =>
    safeChannel(async function* fails() {
      yield await Promise.reject(error);
    }).next(),
  "a task in a select()": async (error) => {
    const group = new TaskGroup();
    try {
      return await select({ task: join(group.spawn(() => Promise.reject(error))) });
    } finally {
      await group[Symbol.asyncDispose]().catch(() => {});
    }
  },
};

describe.each(Object.entries(ways))(
  "pitfall 17: an error arrives as it is through %s:",
  (_, way) => {
    test.each(odd)("%o", async (error) => {
      await expect(way(error)).rejects.toBe(error);
    });
  },
);

/** Ways to be told why something has ended: who waits, and who comes later. A reason of `undefined` is none. */
const reasons: Record<string, (reason: unknown) => Promise<unknown>[]> = {
  "Queue.abort() of one who gets": (reason) => {
    const it = queue();
    const waits = [it.get(), it.values().next()];
    it.abort(reason);
    return [...waits, it.get(), it.values().next()];
  },
  "Queue.abort() of one who puts": (reason) => {
    const it = queue();
    it.tryPut(1);
    const waits = [it.put(2)];
    it.abort(reason);
    return [...waits, it.put(3)];
  },
  "Sender.close() of one who receives": (reason) => {
    const [sender, receiver] = channel<number>(1);
    const waits = [receiver.receive(), receiver.values().next()];
    sender.close(reason);
    return [...waits, receiver.receive(), receiver.values().next()];
  },
};

describe.each(Object.entries(reasons))(
  "pitfall 17: a reason arrives as it is through %s:",
  (_, way) => {
    test.each(odd.slice(1))("%o", async (reason) => {
      const ends = await Promise.allSettled(way(reason));
      for (const end of ends) expect(end).toEqual({ status: "rejected", reason });
    });
  },
);
