/** What a {@link RankHeap} keeps: it knows its place, so that it can be taken out from anywhere. */
export interface Ranked {
  /** The least goes first. */
  readonly key: number;
  /** Of equal keys the one with the least order goes first. */
  readonly order: number;
  /** Where it is in the heap; -1 when it is in none. */
  index: number;
}

function isBefore(a: Ranked, b: Ranked): boolean {
  return a.key < b.key || (a.key === b.key && a.order < b.order);
}

/** A binary heap of what never changes its rank. Adding and taking out cost O(log n), also from within. */
export class RankHeap<T extends Ranked> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#up(item, this.#items.length);
  }

  /** Takes it out; does nothing when it is not in. */
  remove(item: T): void {
    const items = this.#items;
    const at = item.index;
    if (at < 0) return;
    item.index = -1;
    const last = items.pop()!;
    if (last === item) return;
    if (at > 0 && isBefore(last, items[(at - 1) >> 1]!)) this.#up(last, at);
    else this.#down(last, at);
  }

  /** All that is in it, in order: O(n log n). */
  sorted(): T[] {
    return [...this.#items].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    item.index = at;
  }

  #up(item: T, hole: number): void {
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = this.#items[above]!;
      if (!isBefore(item, parent)) break;
      this.#put(parent, hole);
      hole = above;
    }
    this.#put(item, hole);
  }

  #down(item: T, hole: number): void {
    const items = this.#items;
    const end = items.length;
    for (let at = 2 * hole + 1; at < end; at = 2 * hole + 1) {
      if (at + 1 < end && isBefore(items[at + 1]!, items[at]!)) at++;
      const child = items[at]!;
      if (!isBefore(child, item)) break;
      this.#put(child, hole);
      hole = at;
    }
    this.#put(item, hole);
  }
}
