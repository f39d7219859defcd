/**
 * Calls of the user's functions that wait until nothing is half done: such a function may use what calls it,
 * and what it does there is told before it goes on.
 */
export class DueCalls {
  #calls: (() => void)[] = [];

  /** @param fn Does not throw. */
  add(fn: () => void): void {
    this.#calls.push(fn);
  }

  /** Calls them in order. */
  run(): void {
    if (this.#calls.length === 0) return;
    const calls = this.#calls;
    this.#calls = [];
    for (const call of calls) call();
  }
}
