/** A binary heap that gives out the least item first, and of equal ones the one that came first. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number;
  // Two arrays in step, so that an item costs no object of its own.
  readonly #items: T[] = [];
  readonly #orders: number[] = [];
  #count = 0;
  #comparing = false;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#items.length;
  }

  // A comparator may throw, or give something that is no number: which changes nothing before it is
  // clear where everything goes.
  #isBefore(a: T, orderA: number, b: T, orderB: number): boolean {
    if (this.#comparing) {
      throw new TypeError("Cannot order items: expected a comparison that leaves the queue alone");
    }
    this.#comparing = true;
    let order: number;
    try {
      order = this.#compare(a, b);
    } finally {
      this.#comparing = false;
    }
    if (typeof order !== "number" || Number.isNaN(order)) {
      throw new TypeError(
        `Cannot order items: "order" must return a number, received ${String(order)}`,
      );
    }
    return order < 0 || (order === 0 && orderA < orderB);
  }

  /** @throws What the comparator throws; the heap is as before then. */
  push(item: T): void {
    const items = this.#items;
    const orders = this.#orders;
    const order = this.#count;
    const path: number[] = [];
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(item, order, items[parent]!, orders[parent]!)) break;
      path.push(at);
      at = parent;
    }
    this.#count++;
    for (const hole of path) this.#move((hole - 1) >> 1, hole);
    items[at] = item;
    orders[at] = order;
  }

  /**
   * Takes the least. There must be one.
   *
   * @throws What the comparator throws; the heap is as before then.
   */
  shift(): T {
    const items = this.#items;
    const orders = this.#orders;
    const least = items[0]!;
    const end = items.length - 1;
    const last = items[end]!;
    const order = orders[end]!;
    const path: number[] = [];
    let at = 0;
    for (let child = 1; child < end; child = 2 * at + 1) {
      const right = child + 1;
      if (
        right < end &&
        this.#isBefore(items[right]!, orders[right]!, items[child]!, orders[child]!)
      ) {
        child = right;
      }
      if (this.#isBefore(last, order, items[child]!, orders[child]!)) break;
      path.push(child);
      at = child;
    }
    let hole = 0;
    for (const child of path) {
      this.#move(child, hole);
      hole = child;
    }
    items[hole] = last;
    orders[hole] = order;
    items.length = orders.length = end;
    return least;
  }

  #move(from: number, to: number): void {
    this.#items[to] = this.#items[from]!;
    this.#orders[to] = this.#orders[from]!;
  }
}
