import type { ScopeNode } from "../cancel/tree.ts";
import { fail, grant, park, type Wait, WaitQueue } from "../cancel/wait.ts";
import type { Shelf } from "./shelf.ts";

/** Those who wait until there are so many resources of a key. */
export class WarmLine<K, T> extends WaitQueue<void> {
  /** How many wait for each number: few numbers, however many wait. */
  readonly #counts = new Map<number, number>();

  constructor(shelf: Shelf<K, T>, target: unknown) {
    super("pool warm-up", target, (wait) => {
      this.#leave(wait);
      shelf.store.settle(shelf);
    });
  }

  /** The most that anybody waits for. */
  get most(): number {
    return this.#counts.size === 0 ? 0 : Math.max(...this.#counts.keys());
  }

  enter(
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    count: number,
  ): Promise<void> {
    this.#counts.set(count, (this.#counts.get(count) ?? 0) + 1);
    return park(this, place, signal, count).promise;
  }

  /** There are so many now. */
  reached(count: number): void {
    const due: Wait<void>[] = [];
    for (let wait = this.first; wait !== undefined; wait = wait.next) {
      if ((wait.payload as number) <= count) due.push(wait);
    }
    // A grant may be what sees that the signal of others has aborted.
    for (const wait of due) if (grant(wait, undefined)) this.#leave(wait);
  }

  /**
   * Rejects all.
   *
   * @returns Whether there were any.
   */
  refuse(error: unknown): boolean {
    let told = false;
    for (let wait = this.first; wait !== undefined; wait = this.first) {
      // One whose signal has aborted leaves by itself.
      const failed = fail(wait, error);
      if (failed) this.#leave(wait);
      told ||= failed;
    }
    return told;
  }

  #leave(wait: Wait<void>): void {
    const count = wait.payload as number;
    const left = this.#counts.get(count)! - 1;
    if (left > 0) this.#counts.set(count, left);
    else this.#counts.delete(count);
  }
}
