import { AsyncEvent, Queue, sleep, taskGroup, timeout, TimeoutError } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Queue";

behaviour(
  {
    area,
    id: "test_blocking_get",
    says: "get does not wait if there is an item",
    verdict: "holds",
  },
  async () => {
    const queue = new Queue<number>({ capacity: Infinity });
    queue.tryPut(1);
    const got = queue.get();
    expect(queue.stats()).toMatchObject({ size: 0, getting: 0 });
    expect(await got).toBe(1);
  },
);

behaviour(
  {
    area,
    id: "test_get_with_putters",
    says: "taking an item out lets the first who waits to put go on",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: 1 });
        await queue.put(1, at(group.scope));
        const put = [2, 3].map((item) => group.spawn((self) => queue.put(item, at(self.scope))));
        expect(queue.stats().putting).toBe(2);
        expect(await queue.get(at(group.scope))).toBe(1);
        await put[0]!.wait(at(group.scope));
        expect(put.map((task) => task.status)).toEqual(["succeeded", "running"]);
        expect(queue.tryGet()).toEqual({ value: 2 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_blocking_get_wait",
    says: "get waits for an item that is put later",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: Infinity });
        const started = new AsyncEvent();
        let finished = false;
        const getter = group.spawn(async (self) => {
          started.set();
          const item = await queue.get(at(self.scope));
          finished = true;
          return item;
        });
        await started.wait(at(group.scope));
        expect(finished).toBe(false);
        group.spawn(async (self) => {
          await sleep(10, at(self.scope));
          expect(finished).toBe(false);
          queue.tryPut(1);
        });
        expect(await getter.wait(at(group.scope))).toBe(1);
        expect(finished).toBe(true);
        expect(clock.now()).toBe(10);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_nonblocking_get",
    says: "an item that is there can be got without waiting",
    verdict: "holds",
  },
  () => {
    const queue = new Queue<number>({ capacity: Infinity });
    queue.tryPut(1);
    expect(queue.tryGet()).toEqual({ value: 1 });
  },
);

behaviour(
  {
    area,
    id: "test_nonblocking_get_exception",
    says: "getting without waiting from an empty queue is an error",
    verdict: "differs",
    because:
      "To find nothing is no failure: `tryGet()` returns `undefined`, and an item in an object, so that an item may be `undefined`.",
  },
  () => {
    const queue = new Queue<undefined>({ capacity: Infinity });
    expect(queue.tryGet()).toBeUndefined();
    queue.tryPut(undefined);
    expect(queue.tryGet()).toEqual({ value: undefined });
    expect(queue.tryGet()).toBeUndefined();
  },
);

behaviour(
  {
    area,
    id: "test_get_cancelled_race",
    says: "when the first of two getters is cancelled, the second gets the item that is put then",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<string>({ capacity: Infinity });
        const [first, second] = [1, 2].map(() => group.spawn((self) => queue.get(at(self.scope))));
        await clock.runUntilIdle();
        first!.cancel();
        await clock.runUntilIdle();
        expect(first!.status).toBe("cancelled");
        await queue.put("a", at(group.scope));
        expect(await second!.wait(at(group.scope))).toBe("a");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_get_with_waiting_putters",
    says: "what is waiting to be put comes out in the order of the calls",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const queue = new Queue<string>({ capacity: 1 });
        for (const item of ["a", "b", "c"]) {
          group.spawn((self) => queue.put(item, at(self.scope)));
        }
        expect(queue.stats()).toMatchObject({ size: 1, putting: 2 });
        expect(await queue.get(at(group.scope))).toBe("a");
        expect(await queue.get(at(group.scope))).toBe("b");
        expect(await queue.get(at(group.scope))).toBe("c");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_why_are_getters_waiting",
    says: "one who puts five items and one who gets five both come to their end with room for one",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async () => {
      const queue = new Queue<number>({ capacity: 1 });
      const got: number[] = [];
      await taskGroup((group) => {
        group.spawn(async (self) => {
          for (let item = 0; item < 5; item++) await queue.put(item, at(self.scope));
        });
        group.spawn(async (self) => {
          for (let i = 0; i < 5; i++) got.push(await queue.get(at(self.scope)));
        });
      });
      expect(got).toEqual([0, 1, 2, 3, 4]);
    }),
);

behaviour(
  {
    area,
    id: "test_cancelled_getters_not_being_held_in_self_getters",
    says: "a get that timed out does not stay in the line",
    verdict: "holds",
  },
  () =>
    withVirtualClock(async (clock) => {
      const queue = new Queue<number>({ capacity: 5 });
      const got = timeout(100, (scope) => queue.get(at(scope)));
      expect(queue.stats().getting).toBe(1);
      await expect(got).rejects.toBeInstanceOf(TimeoutError);
      expect(clock.now()).toBe(100);
      expect(queue.stats().getting).toBe(0);
      queue.tryPut(1);
      expect(queue.tryGet()).toEqual({ value: 1 });
    }),
);
