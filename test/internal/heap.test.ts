import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Heap } from "../../src/internal/heap.ts";

interface Item {
  readonly key: number;
  readonly id: number;
}

/** The reference: a list in order, where an item goes behind all that are not greater. */
class NaiveHeap {
  readonly items: Item[] = [];

  push(item: Item): void {
    const at = this.items.findIndex(({ key }) => key > item.key);
    this.items.splice(at < 0 ? this.items.length : at, 0, item);
  }

  shift(): Item {
    return this.items.shift()!;
  }
}

function drain<T>(heap: Heap<T>): T[] {
  const items: T[] = [];
  while (heap.size > 0) items.push(heap.shift());
  return items;
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.nat(8).map((key) => ({ push: key })) },
  { weight: 2, arbitrary: fc.constant("shift" as const) },
);
const steps = fc.array(step, { maxLength: 200, size: "max" });

describe("Heap agrees with a sorted list", () => {
  test("whatever the steps, and gives of equal items the oldest first", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const heap = new Heap<Item>((a, b) => a.key - b.key);
        const naive = new NaiveHeap();
        let id = 0;
        for (const each of list) {
          if (each !== "shift") {
            const item = { key: each.push, id: id++ };
            heap.push(item);
            naive.push(item);
          } else if (naive.items.length > 0) {
            expect(heap.shift()).toBe(naive.shift());
          }
          expect(heap.size).toBe(naive.items.length);
        }
        expect(drain(heap)).toEqual(naive.items);
      }),
    );
  });

  test("also when the comparison throws now and then: that step has done nothing", () => {
    let failed = 0;
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.integer({ min: 1, max: 12 })), (list, gaps) => {
        const failure = new Error("no order");
        let left = Infinity;
        const heap = new Heap<Item>((a, b) => {
          if (--left === 0) throw failure;
          return a.key - b.key;
        });
        const naive = new NaiveHeap();
        let id = 0;
        for (const each of list) {
          left = gaps.next().value;
          try {
            if (each !== "shift") {
              const item = { key: each.push, id: id++ };
              heap.push(item);
              naive.push(item);
            } else if (naive.items.length > 0) {
              const least = heap.shift();
              expect(least).toBe(naive.shift());
            }
          } catch (error) {
            if (error !== failure) throw error;
            failed++;
          }
          expect(heap.size).toBe(naive.items.length);
        }
        left = Infinity;
        expect(drain(heap)).toEqual(naive.items);
      }),
    );
    expect(failed).toBeGreaterThan(0);
  });
});

describe.each([undefined, null, Number.NaN, "1", true, 1n, {}, Symbol("s")])(
  "a comparison that gives %o",
  (order: unknown) => {
    test("is a TypeError of push() and of shift(), which change nothing", () => {
      let broken = false;
      const heap = new Heap<number>((a, b) => (broken ? (order as number) : a - b));
      for (const item of [3, 1, 2]) heap.push(item);
      broken = true;
      const message = `Cannot order items: "order" must return a number, received ${String(order)}`;
      expect(() => heap.push(0)).toThrow(new TypeError(message));
      expect(() => heap.shift()).toThrow(new TypeError(message));
      expect(heap.size).toBe(3);
      broken = false;
      expect(drain(heap)).toEqual([1, 2, 3]);
    });
  },
);

test("a comparison may give any number: infinite, negative zero", () => {
  const heap = new Heap<number>((a, b) => (a === b ? -0 : a < b ? -Infinity : Infinity));
  for (const item of [2, 1, 3, 1]) heap.push(item);
  expect(drain(heap)).toEqual([1, 1, 2, 3]);
});

test("a comparison that uses the heap itself is refused, and one that fails leaves it as it was", () => {
  const heap: Heap<number> = new Heap((a, b) => {
    if (b === 1) heap.push(0);
    if (b === 2) throw new Error("no");
    return a - b;
  });
  heap.push(1);
  expect(() => heap.push(3)).toThrow("expected a comparison that leaves the queue alone");
  expect([heap.size, heap.shift()]).toEqual([1, 1]);
  heap.push(2);
  for (let i = 0; i < 2; i++) expect(() => heap.push(3)).toThrow("no");
  expect([heap.size, heap.shift()]).toEqual([1, 2]);
});
