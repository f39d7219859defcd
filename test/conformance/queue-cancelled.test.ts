import { CancelledError, Queue, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Queue";

behaviour(
  {
    area,
    id: "test_get_cancel_drop_one_pending_reader",
    says: "when a reader is cancelled as two items are put, the first item is neither lost nor overtaken",
    verdict: "holds",
    because: "What a get was given it has: the next wait is what is cancelled.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: Infinity });
        const seen: number[] = [];
        const reader = group.spawn(async (self) => {
          seen.push(await queue.get(at(self.scope)));
          await sleep(1, at(self.scope));
        });
        await clock.runUntilIdle();
        queue.tryPut(1);
        queue.tryPut(2);
        reader.cancel();
        await expect(reader.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(seen).toEqual([1]);
        // Cancelled before anything is put, it gets nothing.
        const late = group.spawn(async (self) => {
          await queue.get(at(self.scope));
          seen.push(await queue.get(at(self.scope)));
        });
        await clock.runUntilIdle();
        late.cancel();
        queue.tryPut(3);
        await expect(late.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(await queue.get(at(group.scope))).toBe(3);
        expect(seen).toEqual([1]);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_get_cancel_drop_many_pending_readers",
    says: "when the first of three readers is cancelled as two items are put, the other two get both",
    verdict: "differs",
    because:
      "The items were given to the first two in the step in which they were put, which no later cancellation undoes. Whoever is cancelled before gets none, and the other two get both.",
  },
  () =>
    withVirtualClock(async (clock) => {
      for (const [when, expected] of [
        ["after", ["first 1", "second 2"]],
        ["before", ["second 1", "third 2"]],
      ] as const) {
        await taskGroup(async (group) => {
          const queue = new Queue<number>({ capacity: Infinity });
          const log: string[] = [];
          const [first] = ["first", "second", "third"].map((name) =>
            group.spawn(async (self) => {
              log.push(`${name} ${await queue.get(at(self.scope))}`);
            }),
          );
          await clock.runUntilIdle();
          if (when === "before") first!.cancel();
          for (const item of [1, 2]) queue.tryPut(item);
          if (when === "after") first!.cancel();
          await clock.runUntilIdle();
          expect(log).toEqual(expected);
          expect(queue.stats()).toMatchObject({ size: 0, getting: when === "after" ? 1 : 0 });
          group.cancel();
        });
      }
    }),
);

behaviour(
  {
    area,
    id: "test_put_cancel_drop",
    says: "when a put is cancelled as room for it is made, and is tried again, the item is in the queue exactly once",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        for (const when of ["after", "before"]) {
          const queue = new Queue<number>({ capacity: 1 });
          queue.tryPut(1);
          let put = false;
          const writer = group.spawn(async (self) => {
            await queue.put(2, at(self.scope));
            put = true;
          });
          await clock.runUntilIdle();
          if (when === "before") writer.cancel();
          expect(queue.tryGet()).toEqual({ value: 1 });
          if (when === "after") writer.cancel();
          await clock.runUntilIdle();
          expect(put).toBe(when === "after");
          expect(writer.status).toBe(put ? "succeeded" : "cancelled");
          if (!put) await queue.put(2, at(group.scope));
          expect(queue.tryGet()).toEqual({ value: 2 });
          expect(queue.size).toBe(0);
        }
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_put_cancelled_race",
    says: "a put that is cancelled while it waits puts nothing, and those before it keep their order",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<string>({ capacity: 1 });
        const [a, b, x] = ["a", "b", "X"].map((item) =>
          group.spawn((self) => queue.put(item, at(self.scope))),
        );
        await clock.runUntilIdle();
        expect([a!.status, b!.status]).toEqual(["succeeded", "running"]);
        x!.cancel();
        await clock.runUntilIdle();
        expect(x!.status).toBe("cancelled");
        expect(queue.tryGet()).toEqual({ value: "a" });
        expect(queue.tryGet()).toEqual({ value: "b" });
        await b!.wait(at(group.scope));
        expect(queue.tryGet()).toBeUndefined();
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancelled_puts_not_being_held_in_self_putters",
    says: "a put that is cancelled leaves the line",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: 1 });
        queue.tryPut(1);
        const putter = group.spawn((self) => queue.put(2, at(self.scope)));
        expect(queue.stats().putting).toBe(1);
        putter.cancel();
        await expect(putter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect(queue.stats()).toMatchObject({ size: 1, unfinished: 1, putting: 0 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_cancelled_put_silence_value_error_exception",
    says: "a put that is cancelled after it was woken surfaces only the cancellation",
    verdict: "differs",
    because:
      "A put that was woken is over: its item was put in the step in which room was made. It succeeds, and the next wait is what is cancelled.",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: 1 });
        queue.tryPut(1);
        let put = false;
        const putter = group.spawn(async (self) => {
          await queue.put(2, at(self.scope));
          put = true;
          await sleep(1, at(self.scope));
        });
        await clock.runUntilIdle();
        queue.tryGet();
        putter.cancel();
        await expect(putter.wait(at(group.scope))).rejects.toBeInstanceOf(CancelledError);
        expect([put, clock.now()]).toEqual([true, 0]);
        expect(queue.tryGet()).toEqual({ value: 2 });
      }),
    ),
);
