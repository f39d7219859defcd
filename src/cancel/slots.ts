import type { ScopeNode } from "./tree.ts";
import { grant, park, type Wait, WaitQueue } from "./wait.ts";

/**
 * A number of places that callers hold while they run. Whoever finds none waits in line; a place that
 * is given back is handed to the first of the line in the same step, so no newcomer overtakes. Nor does
 * one while somebody who was handed a place has yet to begin: the order of starts is that of the calls.
 */
export class Slots {
  readonly line: WaitQueue<Wait>;
  held = 0;
  #total: number;
  // Handed over, and not begun: their promises still have to be told.
  #starting = 0;

  constructor(total: number, kind: string, target: unknown) {
    this.#total = total;
    this.line = new WaitQueue(kind, target);
  }

  get total(): number {
    return this.#total;
  }

  /** More places are handed out at once; fewer come into force as holders leave. */
  set total(value: number) {
    this.#total = value;
    this.#handOver();
  }

  /** Takes a place if that overtakes nobody. */
  enter(): boolean {
    if (this.held >= this.#total || this.#starting > 0 || this.line.length > 0) return false;
    this.held++;
    return true;
  }

  /** Waits for a place. Granted with the wait itself; then `begin()` is due. */
  queue(
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    payload: unknown,
  ): Wait<Wait> {
    const wait = park(this.line, place, signal, payload);
    this.#handOver();
    return wait;
  }

  /** Who was granted a place goes ahead, or gives it back with `leave()`. */
  begin(): void {
    this.#starting--;
  }

  leave(): void {
    this.held--;
    this.#handOver();
  }

  #handOver(): void {
    const { line } = this;
    while (this.held < this.#total && line.first !== undefined) {
      const wait = line.first;
      this.held++;
      this.#starting++;
      if (!grant(wait, wait as Wait)) {
        this.held--;
        this.#starting--;
      }
    }
  }
}
