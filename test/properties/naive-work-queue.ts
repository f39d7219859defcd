/** Somebody who waits, or runs. */
interface Entry {
  readonly id: number;
  readonly priority: number;
  readonly since: number;
}

export type Overflow = "wait" | "reject" | "dropOldest" | "dropLowest";

function close(a: number, b: number): boolean {
  return Math.abs(a - b) < 1e-9;
}

/** The reference: a list in order of arrival, searched from its start for each that begins. */
export class NaiveWorkQueue {
  readonly outcomes: string[] = [];
  waiting: Entry[] = [];
  running: number[] = [];
  paused = false;
  time = 0;
  concurrency: number;
  readonly #everyMs: number;
  readonly #capacity: number;
  readonly #overflow: Overflow;

  constructor(concurrency: number, everyMs: number, capacity: number, overflow: Overflow) {
    this.concurrency = concurrency;
    this.#everyMs = everyMs;
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  #urgency({ priority, since }: Entry): number {
    return priority + (this.time - since) / this.#everyMs;
  }

  /** In the order in which they would begin now. */
  get order(): Entry[] {
    // A stable sort: of equal ones the first in the list.
    return this.waiting.toSorted((a, b) => {
      const [first, second] = [this.#urgency(a), this.#urgency(b)];
      return close(first, second) ? 0 : second - first;
    });
  }

  #begin(): void {
    while (!this.paused && this.running.length < this.concurrency && this.waiting.length > 0) {
      const { id } = this.order[0]!;
      this.waiting = this.waiting.filter((entry) => entry.id !== id);
      this.running.push(id);
      this.outcomes[id] = `began ${this.time}`;
    }
  }

  #refuse(id: number, outcome: string): void {
    this.waiting = this.waiting.filter((entry) => entry.id !== id);
    this.outcomes[id] = outcome;
  }

  add(id: number, priority: number): void {
    this.waiting.push({ id, priority, since: this.time });
    this.#begin();
    if (this.waiting.length <= this.#capacity || this.#overflow === "wait") return;
    const victim = {
      reject: () => this.waiting.at(-1)!,
      dropOldest: () => this.waiting[0]!,
      dropLowest: () => this.order.at(-1)!,
    }[this.#overflow]();
    this.#refuse(victim.id, "full");
  }

  abort(id: number): void {
    if (this.waiting.some((entry) => entry.id === id)) this.#refuse(id, "aborted");
    else if (this.running.includes(id)) this.end(id, "aborted");
  }

  end(id: number, how: string): void {
    this.running = this.running.filter((other) => other !== id);
    this.outcomes[id] += `, ${how}`;
    this.#begin();
  }

  clear(): void {
    for (const { id } of this.waiting) this.#refuse(id, "cleared");
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.#begin();
  }

  resize(concurrency: number): void {
    this.concurrency = concurrency;
    this.#begin();
  }
}
