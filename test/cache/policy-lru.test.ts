import { expect, test } from "vitest";
import { lru } from "../../src/cache/policy-lru.ts";
import { Entry } from "./policy-cache.ts";
import { expectAgreement, type Item, type Model, take } from "./policy-model.ts";

class NaiveLru implements Model {
  readonly #items: Item[] = [];

  admit(item: Item): void {
    this.#items.push(item);
  }

  hit(item: Item): void {
    this.remove(item);
    this.admit(item);
  }

  remove(item: Item): void {
    take(this.#items, (each) => each === item);
  }

  victim(): Item {
    return this.#items[0]!;
  }
}

test("lru() agrees with a list in which a hit moves to the end, whatever the steps", () => {
  expectAgreement(lru, () => new NaiveLru());
});

test("lru() gives entries in the order in which they were last asked for", () => {
  const policy = lru();
  const entries = [0, 1, 2, 3, 4].map((key) => new Entry(key));
  for (const entry of entries) policy.admit(entry);
  for (const key of [1, 4, 0, 4, 4]) policy.hit(entries[key]!);
  policy.remove(entries[3]!);
  const order = [];
  for (let entry = policy.victim(); entry !== undefined; entry = policy.victim()) {
    order.push(entry.key);
    policy.remove(entry);
  }
  expect(order).toEqual([2, 1, 0, 4]);
});
