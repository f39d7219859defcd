import fc from "fast-check";
import { expect, test } from "vitest";
import { RankHeap, type Ranked } from "../../src/limit/work-queue-heap.ts";

test("RankHeap gives the least first, whatever is added and taken out", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.integer({ min: -5, max: 5 }), out: fc.option(fc.nat(30)) })),
      (steps) => {
        const heap = new RankHeap<Ranked>();
        const list: Ranked[] = [];
        const seen: Ranked[] = [];
        const sorted = (): Ranked[] => list.toSorted((a, b) => a.key - b.key || a.order - b.order);
        for (const [order, { key, out }] of steps.entries()) {
          const item: Ranked = { key, order, index: -1 };
          heap.push(item);
          list.push(item);
          seen.push(item);
          if (out !== null) {
            // Also one that has left, which changes nothing.
            const gone = seen[out % seen.length]!;
            heap.remove(gone);
            if (list.includes(gone)) list.splice(list.indexOf(gone), 1);
            expect(gone.index).toBe(-1);
          }
          expect(heap.first).toBe(sorted()[0]);
          expect(heap.size).toBe(list.length);
        }
        expect(heap.sorted()).toEqual(sorted());
        for (const item of sorted()) {
          expect(heap.first).toBe(item);
          heap.remove(item);
        }
        expect([heap.first, heap.size]).toEqual([undefined, 0]);
      },
    ),
    { numRuns: 500 },
  );
});
