import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrequencySketch } from "./frequency-sketch.ts";
import { hashOf } from "./key-hash.ts";
import { expectAgreement, type Item, type Model, sizeOf, take } from "./policy-model.ts";
import { tinyLfu } from "./policy-tiny-lfu.ts";

class NaiveTinyLfu implements Model {
  readonly #windowSize: number;
  readonly #guardedSize: number;
  readonly #window: Item[] = [];
  readonly #probation: Item[] = [];
  readonly #guarded: Item[] = [];
  readonly #sketch = new FrequencySketch();

  constructor(capacity: number, windowShare: number) {
    this.#windowSize = capacity * windowShare;
    this.#guardedSize = (capacity - this.#windowSize) * 0.8;
  }

  get #count(): number {
    return this.#window.length + this.#probation.length + this.#guarded.length;
  }

  admit(item: Item): void {
    this.#window.push(item);
    this.#sketch.record(hashOf(item.key), this.#count);
    while (this.#window[0] !== item && sizeOf(this.#window) > this.#windowSize) {
      this.#probation.push(this.#window.shift()!);
    }
  }

  hit(item: Item): void {
    const isNew = this.#window.includes(item);
    this.#sketch.record(hashOf(item.key), this.#count);
    this.remove(item);
    (isNew ? this.#window : this.#guarded).push(item);
    while (sizeOf(this.#guarded) > this.#guardedSize) this.#probation.push(this.#guarded.shift()!);
  }

  remove(item: Item): void {
    for (const items of [this.#window, this.#probation, this.#guarded]) {
      take(items, (each) => each === item);
    }
  }

  victim(): Item {
    const [newcomer] = this.#window;
    const resident = [...this.#probation, ...this.#guarded][0];
    if (newcomer === undefined) return resident!;
    if (resident === undefined) return newcomer;
    const isWorthIt = this.#frequency(newcomer) > this.#frequency(resident);
    return isWorthIt || sizeOf(this.#window) < this.#windowSize ? resident : newcomer;
  }

  #frequency(item: Item): number {
    return this.#sketch.estimate(hashOf(item.key));
  }
}

// With one percent, small caches have no window but for the newest entry.
test.each([0.01, 0.3])(
  "tinyLfu() with a window of %d agrees with arrays, whatever the steps",
  (share) => {
    expectAgreement(
      (capacity) => tinyLfu(capacity, share),
      (capacity) => new NaiveTinyLfu(capacity, share),
    );
  },
);

describe("FrequencySketch", () => {
  test("estimates no less than was counted, up to 15, before it halves", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 1_000, size: "max" }), (keys) => {
        const sketch = new FrequencySketch();
        const counts = new Map<number, number>();
        for (const key of keys) {
          counts.set(key, (counts.get(key) ?? 0) + 1);
          sketch.record(hashOf(key), 200);
        }
        for (const [key, count] of counts) {
          expect(sketch.estimate(hashOf(key))).toBeGreaterThanOrEqual(Math.min(15, count));
        }
      }),
    );
  });

  test("tells apart what is seen often from what is seen once, among as many as there are entries", () => {
    const sketch = new FrequencySketch();
    for (let key = 0; key < 1_000; key++) {
      for (let i = 0; i < (key % 10 === 0 ? 10 : 1); i++) sketch.record(hashOf(key), 1_000);
    }
    const wrong = Array.from({ length: 1_000 }, (_, key) => key).filter(
      (key) => sketch.estimate(hashOf(key)) >= 10 !== (key % 10 === 0),
    );
    expect(wrong.length).toBeLessThan(5);
  });

  test("halves each count by itself", () => {
    const sketch = new FrequencySketch();
    for (let key = 0; key < 640; key++) sketch.record(hashOf(key), 64);
    for (let key = 0; key < 640; key++) expect(sketch.estimate(hashOf(key))).toBeLessThan(8);
  });

  test("halves what was seen long ago", () => {
    const sketch = new FrequencySketch();
    for (let i = 0; i < 15; i++) sketch.record(hashOf("old"), 64);
    for (let i = 0; i < 640; i++) sketch.record(hashOf(i), 64);
    expect(sketch.estimate(hashOf("old"))).toBeLessThan(15);
    expect(sketch.estimate(hashOf("old"))).toBeGreaterThan(0);
    for (let i = 0; i < 6_400; i++) sketch.record(hashOf(i), 64);
    expect(sketch.estimate(hashOf("old"))).toBeLessThan(8);
  });
});

test("hashOf() is the same for the same key of a Map, and differs for others", () => {
  const keys = [0, 1, -1, 0.5, "", "a", "b", true, null, undefined, 1n << 70n, Symbol("s"), {}, {}];
  const hashes = [...keys, [], () => {}].map(hashOf);
  expect(new Set(hashes).size).toBe(hashes.length);
  expect(keys.map(hashOf)).toEqual(hashes.slice(0, keys.length));
  expect(hashOf(-0)).toBe(hashOf(0));
});
