import { test } from "vitest";
import { expectAgreement, type Item, type Model, take } from "./policy-model.ts";
import { sieve } from "./policy-sieve.ts";

class NaiveSieve implements Model {
  readonly #items: Item[] = [];
  readonly #marked = new Set<Item>();
  #hand = 0;

  admit(item: Item): void {
    this.#items.push(item);
  }

  hit(item: Item): void {
    this.#marked.add(item);
  }

  remove(item: Item): void {
    if (this.#items.indexOf(item) < this.#hand) this.#hand--;
    take(this.#items, (each) => each === item);
    // Behind the newest it begins with the oldest, also if another comes in the meantime.
    if (this.#hand === this.#items.length) this.#hand = 0;
  }

  victim(): Item {
    while (this.#marked.delete(this.#items[this.#hand]!)) {
      this.#hand = (this.#hand + 1) % this.#items.length;
    }
    return this.#items[this.#hand]!;
  }
}

test("sieve() agrees with an array and an index, whatever the steps", () => {
  expectAgreement(sieve, () => new NaiveSieve());
});
