import { describe, expect, test } from "vitest";
import { s3Fifo } from "../../src/cache/policy-s3-fifo.ts";
import { PolicyCache } from "./policy-cache.ts";
import { expectAgreement, type Item, type Model, sizeOf, take } from "./policy-model.ts";

class NaiveS3Fifo implements Model {
  readonly #capacity: number;
  readonly #small: Item[] = [];
  readonly #main: Item[] = [];
  readonly #hits = new Map<Item, number>();
  /** Keys that went out. */
  #gone: number[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  admit(item: Item): void {
    const known = take(this.#gone, (key) => key === item.key);
    (known === undefined ? this.#small : this.#main).push(item);
    this.#hits.set(item, 0);
  }

  hit(item: Item): void {
    this.#hits.set(item, Math.min(3, this.#hits.get(item)! + 1));
  }

  remove(item: Item): void {
    take(this.#small, (each) => each === item);
    take(this.#main, (each) => each === item);
    this.#hits.delete(item);
  }

  victim(): Item {
    const first = this.#main[0];
    if (first !== undefined && sizeOf(this.#small) < this.#capacity / 10) {
      if (this.#hits.get(first) === 0) return first;
      this.#toMain(first, this.#hits.get(first)! - 1);
      return this.victim();
    }
    const newest = this.#small[0]!;
    if (this.#hits.get(newest)! > 0) {
      this.#toMain(newest, 0);
      return this.victim();
    }
    const count = this.#small.length + this.#main.length;
    if (this.#gone.length * 2 >= count * 3) this.#gone = [];
    this.#gone.push(newest.key);
    return newest;
  }

  #toMain(item: Item, hits: number): void {
    this.remove(item);
    this.#main.push(item);
    this.#hits.set(item, hits);
  }
}

test("s3Fifo() agrees with arrays that are searched, whatever the steps", () => {
  expectAgreement(s3Fifo, (capacity) => new NaiveS3Fifo(capacity));
});

function keysOf(cache: PolicyCache): unknown[] {
  return [...cache.entries.keys()];
}

function ask(cache: PolicyCache, ...wanted: unknown[]): unknown[] {
  return wanted.map((key) => cache.request(key));
}

describe("s3Fifo()", () => {
  test("keeps what was asked for twice through any number of keys that are asked for once", () => {
    const cache = new PolicyCache(s3Fifo(10), 10);
    ask(cache, "a", "b", "a", "b");
    for (let key = 0; key < 1_000; key++) cache.request(key);
    expect(ask(cache, "a", "b")).toEqual(["hit", "hit"]);
  });

  test("evicts what was not asked for again in the order in which it came", () => {
    const cache = new PolicyCache(s3Fifo(4), 4);
    ask(cache, 1, 2, 3, 4, 2, 5, 6);
    expect(keysOf(cache)).toEqual([2, 4, 5, 6]);
    ask(cache, 7, 8);
    expect(keysOf(cache)).toEqual([2, 6, 7, 8]);
  });

  test("keeps a key that comes again soon after it went out, as one asked for often", () => {
    const cache = new PolicyCache(s3Fifo(4), 4);
    ask(cache, 1, 2, 3, 4, 5, 1);
    for (let key = 10; key < 100; key++) cache.request(key);
    expect(cache.request(1)).toBe("hit");
  });

  test("forgets a key that went out when half as many again as there are entries followed", () => {
    const cache = new PolicyCache(s3Fifo(4), 4);
    ask(cache, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1);
    for (let key = 20; key < 100; key++) cache.request(key);
    expect(cache.request(1)).toBe("miss");
  });

  test("lets go of what was asked for often and no longer is", () => {
    const cache = new PolicyCache(s3Fifo(10), 10);
    const old = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for (let round = 0; round < 5; round++) ask(cache, ...old);
    const hits = [];
    for (let round = 0; round < 10; round++) hits.push(...ask(cache, 1, 2, 3, 4, 5, 6, 7, 8));
    expect(hits.slice(-8)).toEqual(Array.from({ length: 8 }, () => "hit"));
  });
});
