import { AsyncEvent, Queue, sleep, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour } from "./behaviour.ts";

const area = "Queue";

behaviour(
  {
    area,
    id: "test_blocking_put",
    says: "put does not wait if there is no limit",
    verdict: "holds",
  },
  async () => {
    const queue = new Queue<number>({ capacity: Infinity });
    const put = queue.put(1);
    expect(queue.stats()).toMatchObject({ size: 1, putting: 0 });
    await put;
    expect(await queue.get()).toBe(1);
  },
);

behaviour(
  {
    area,
    id: "test_blocking_put_wait",
    says: "put waits for room until an item is got",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: 1 });
        const started = new AsyncEvent();
        let finished = false;
        const putter = group.spawn(async (self) => {
          started.set();
          await queue.put(1, at(self.scope));
          await queue.put(2, at(self.scope));
          finished = true;
        });
        await started.wait(at(group.scope));
        group.spawn(async (self) => {
          await sleep(10, at(self.scope));
          expect(finished).toBe(false);
          expect(queue.tryGet()).toEqual({ value: 1 });
        });
        await putter.wait(at(group.scope));
        expect([finished, clock.now()]).toEqual([true, 10]);
        expect(queue.tryGet()).toEqual({ value: 2 });
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_nonblocking_put",
    says: "an item can be put without waiting if there is room",
    verdict: "holds",
  },
  () => {
    const queue = new Queue<number>({ capacity: Infinity });
    expect(queue.tryPut(1)).toBe(true);
    expect(queue.tryGet()).toEqual({ value: 1 });
  },
);

behaviour(
  {
    area,
    id: "test_nonblocking_put_exception",
    says: "putting without waiting into a full queue is an error",
    verdict: "differs",
    because: "To find no room is no failure: `tryPut()` returns whether the item was put.",
  },
  () => {
    const queue = new Queue<number>({ capacity: 1 });
    expect(queue.tryPut(1)).toBe(true);
    expect(queue.tryPut(2)).toBe(false);
    expect(queue.tryGet()).toEqual({ value: 1 });
    expect(queue.tryGet()).toBeUndefined();
  },
);

behaviour(
  {
    area,
    id: "test_float_maxsize",
    says: "a limit of 1.3 items holds two",
    verdict: "differs",
    because:
      "A limit that is no positive integer is a mistake, which is told at once. No limit at all is asked for by `Infinity`.",
  },
  () => {
    for (const capacity of [1.3, 0, -1, Number.NaN]) {
      expect(() => new Queue<number>({ capacity })).toThrow(RangeError);
    }
    expect(() => new Queue<number>({} as { capacity: number })).toThrow(TypeError);
  },
);

behaviour(
  {
    area,
    id: "test_put_cancelled",
    says: "who puts an item has finished when that item was got",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: Infinity });
        const putter = group.spawn(async (self) => {
          await queue.put(1, at(self.scope));
          return true;
        });
        expect(await queue.get(at(group.scope))).toBe(1);
        await clock.runUntilIdle();
        expect(putter.result()).toBe(true);
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_put_with_waiting_getters",
    says: "an item that is put while somebody waits for one goes to the one who waits",
    verdict: "holds",
  },
  () =>
    withVirtualClock(() =>
      taskGroup(async (group) => {
        const queue = new Queue<string>({ capacity: Infinity });
        const getter = group.spawn((self) => queue.get(at(self.scope)));
        expect(queue.stats().getting).toBe(1);
        await queue.put("a", at(group.scope));
        expect(queue.stats()).toMatchObject({ size: 0, getting: 0 });
        expect(await getter.wait(at(group.scope))).toBe("a");
      }),
    ),
);

behaviour(
  {
    area,
    id: "test_why_are_putters_waiting",
    says: "each item that is got lets one more put go on: four puts with room for two finish when two items were got",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: 2 });
        const put = [0, 1, 2, 3].map((item) =>
          group.spawn((self) => queue.put(item, at(self.scope))),
        );
        await clock.runUntilIdle();
        expect(put.map((task) => task.status)).toEqual([
          "succeeded",
          "succeeded",
          "running",
          "running",
        ]);
        for (let n = queue.size; n > 0; n--) queue.tryGet();
        await clock.runUntilIdle();
        expect(put.every((task) => task.status === "succeeded")).toBe(true);
        expect([queue.tryGet(), queue.tryGet()]).toEqual([{ value: 2 }, { value: 3 }]);
      }),
    ),
);
