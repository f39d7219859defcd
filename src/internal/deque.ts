/**
 * A first-in-first-out line of items: a ring whose length is a power of two. Places that are free hold
 * `undefined`, so nothing is retained that has left.
 */
export class Deque<T> {
  #ring: (T | undefined)[] = Array.from({ length: 4 });
  #mask = 3;
  #head = 0;
  size = 0;

  push(item: T): void {
    if (this.size > this.#mask) this.#grow();
    this.#ring[(this.#head + this.size++) & this.#mask] = item;
  }

  /** Takes the oldest. There must be one. */
  shift(): T {
    const head = this.#head;
    const item = this.#ring[head] as T;
    this.#ring[head] = undefined;
    this.#head = (head + 1) & this.#mask;
    this.size--;
    return item;
  }

  #grow(): void {
    const old = this.#ring;
    const ring: (T | undefined)[] = Array.from({ length: old.length * 2 });
    for (let i = 0; i < this.size; i++) ring[i] = old[(this.#head + i) & this.#mask];
    this.#ring = ring;
    this.#mask = ring.length - 1;
    this.#head = 0;
  }
}
