import fc from "fast-check";
import { expect, test } from "vitest";
import { Deque } from "../../src/internal/deque.ts";

const item = fc.oneof(fc.integer(), fc.constantFrom(undefined, null, 0, "", false));
const step = fc.oneof(
  { weight: 3, arbitrary: item.map((value) => ({ push: value })) },
  { weight: 2, arbitrary: fc.constant("shift" as const) },
);

test("Deque agrees with an array, whatever the steps", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: "max" }), (steps) => {
      const deque = new Deque<unknown>();
      const naive: unknown[] = [];
      for (const each of steps) {
        if (each !== "shift") {
          deque.push(each.push);
          naive.push(each.push);
        } else if (naive.length > 0) {
          expect(deque.shift()).toBe(naive.shift());
        }
        expect(deque.size).toBe(naive.length);
      }
      while (naive.length > 0) expect(deque.shift()).toBe(naive.shift());
      expect(deque.size).toBe(0);
    }),
  );
});

test.each([0, 1, 2, 3])("push() keeps the order when it grows with its head at %i", (head) => {
  const deque = new Deque<number>();
  for (let i = 0; i < head; i++) {
    deque.push(-1);
    deque.shift();
  }
  for (let i = 0; i < 100; i++) deque.push(i);
  expect(Array.from({ length: 100 }, () => deque.shift())).toEqual(
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test("shift() gives undefined only where it was pushed", () => {
  const deque = new Deque<string | undefined>();
  for (const each of [undefined, "a", undefined]) deque.push(each);
  expect(deque.size).toBe(3);
  expect([deque.shift(), deque.shift(), deque.shift()]).toEqual([undefined, "a", undefined]);
  expect(deque.size).toBe(0);
});
