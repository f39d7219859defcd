/** A timer of the virtual clock. `passive` ones are no events: time does not jump for their sake. */
export interface VirtualTimer {
  readonly due: number;
  readonly passive: boolean;
  fire(): void;
  cancel(): void;
}

/** Timers in the order in which they are due; those due at once, in the order in which they were set. */
export class VirtualTimers {
  // A binary heap: the timer at `i` is due no later than those at `2i + 1` and `2i + 2`. Cancelled ones
  // stay until they come to the top.
  #heap: Entry[] = [];
  #count = 0;
  #events = 0;

  /** How many timers are set that time would jump for. */
  get events(): number {
    return this.#events;
  }

  add(due: number, passive: boolean, fire: () => void): VirtualTimer {
    const entry: Entry = {
      due,
      passive,
      fire,
      order: this.#count++,
      set: true,
      cancel: () => this.#unset(entry),
    };
    if (!passive) this.#events++;
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
    return entry;
  }

  /** The next timer due, if any. */
  get first(): VirtualTimer | undefined {
    while (this.#heap.length > 0 && !this.#heap[0]!.set) this.#pop();
    return this.#heap[0];
  }

  /** Takes the next timer out, as it fires. */
  take(): VirtualTimer | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.#unset(first as Entry);
    this.#pop();
    return first;
  }

  #unset(entry: Entry): void {
    if (entry.set && !entry.passive) this.#events--;
    entry.set = false;
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
  }

  #rise(at: number): void {
    const heap = this.#heap;
    const entry = heap[at]!;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!before(entry, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = entry;
  }

  #sink(): void {
    const heap = this.#heap;
    const entry = heap[0]!;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && before(heap[below + 1]!, heap[below]!)) below++;
      if (!before(heap[below]!, entry)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = entry;
  }
}

interface Entry extends VirtualTimer {
  readonly order: number;
  set: boolean;
}

function before(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
