import { Queue, taskGroup } from "corral";
import { withVirtualClock } from "corral/testing";
import { inspect } from "node:util";
import { expect } from "vitest";
import { at } from "../support/mode.ts";
import { behaviour, notTransferable } from "./behaviour.ts";

const area = "Queue";

function figures(of: string): string {
  return `Queue "jobs" { capacity: 1, ${of}, closed: false }`;
}

for (const [id, text, says] of [
  [
    "test_repr",
    inspect,
    "its representation tells its identity, its items, and how many wait to get and to put",
  ],
  ["test_str", String, "its text tells its items, and how many wait to get and to put"],
] as const) {
  behaviour(
    {
      area,
      id,
      says,
      verdict: "differs",
      because:
        "Both are one text of figures. It counts the items and does not show them, and it is known by the name that it was given.",
    },
    () =>
      withVirtualClock(() =>
        taskGroup((group) => {
          const queue = new Queue<string>({ capacity: 1, name: "jobs" });
          expect(text(queue)).toBe(figures("size: 0, unfinished: 0, putting: 0, getting: 0"));
          group.spawn((self) => queue.get(at(self.scope)));
          expect(text(queue)).toBe(figures("size: 0, unfinished: 0, putting: 0, getting: 1"));
          for (const item of ["a", "b", "c"]) {
            group.spawn((self) => queue.put(item, at(self.scope)));
          }
          expect(text(queue)).toBe(figures("size: 1, unfinished: 2, putting: 1, getting: 0"));
          queue.tryGet();
        }),
      ),
  );
}

notTransferable({
  area,
  id: "test_generic_alias",
  says: "the class can be subscripted with the type of its items",
  because: "Type parameters are part of the language, and nothing is left of them when it runs.",
});

behaviour(
  {
    area,
    id: "test_empty",
    says: "it is empty until an item is put, and again when that is got",
    verdict: "holds",
  },
  () => {
    const queue = new Queue<number>({ capacity: Infinity });
    expect(queue.size).toBe(0);
    queue.tryPut(1);
    expect(queue.size).toBe(1);
    expect(queue.tryGet()).toEqual({ value: 1 });
    expect(queue.size).toBe(0);
  },
);

behaviour(
  {
    area,
    id: "test_full",
    says: "it is full when it holds as many items as it may, and never if there is no limit",
    verdict: "holds",
    because: "Its size and its capacity tell, and what `tryPut()` returns.",
  },
  () => {
    const unbounded = new Queue<number>({ capacity: Infinity });
    for (let item = 0; item < 1_000; item++) expect(unbounded.tryPut(item)).toBe(true);
    expect(unbounded.size).toBeLessThan(unbounded.capacity);
    const single = new Queue<number>({ capacity: 1 });
    expect(single.tryPut(1)).toBe(true);
    expect(single.size).toBe(single.capacity);
    expect(single.tryPut(2)).toBe(false);
  },
);

behaviour(
  {
    area,
    id: "test_maxsize",
    says: "who puts three items into a queue for two waits with the third until one is got",
    verdict: "holds",
  },
  () =>
    withVirtualClock((clock) =>
      taskGroup(async (group) => {
        const queue = new Queue<number>({ capacity: 2 });
        expect(queue.capacity).toBe(2);
        const put: number[] = [];
        const putter = group.spawn(async (self) => {
          for (const item of [0, 1, 2]) {
            await queue.put(item, at(self.scope));
            put.push(item);
          }
        });
        await clock.runUntilIdle();
        expect(put).toEqual([0, 1]);
        expect(queue.tryGet()).toEqual({ value: 0 });
        await clock.runUntilIdle();
        expect(put).toEqual([0, 1, 2]);
        expect(putter.status).toBe("succeeded");
        expect([queue.tryGet(), queue.tryGet()]).toEqual([{ value: 1 }, { value: 2 }]);
      }),
    ),
);
