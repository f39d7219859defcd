import { now } from "../cancel/clock.ts";

/** So many slices pass out of the window one by one: the window moves in steps of a tenth. */
const SLICES = 10;

/**
 * Counts events of two kinds over the last while: a ring of slices of time, and their sums. What it
 * costs does not depend on how many events there are.
 */
export class TimeWindow {
  readonly #sliceMs: number;
  /** Of each slice the two counts, one after the other. */
  readonly #counts: number[] = Array.from({ length: 2 * SLICES }, () => 0);
  readonly #sums: [number, number] = [0, 0];
  /** The slice that the current moment is in, counted from the clock's zero. */
  #slice: number;

  constructor(windowMs: number) {
    this.#sliceMs = windowMs / SLICES;
    this.#slice = Math.floor(now() / this.#sliceMs);
  }

  add(kind: 0 | 1): void {
    this.#move();
    this.#counts[2 * (this.#slice % SLICES) + kind]!++;
    this.#sums[kind]++;
  }

  /** How many of each kind there were. */
  sums(): readonly [number, number] {
    this.#move();
    return this.#sums;
  }

  #move(): void {
    const slice = Math.floor(now() / this.#sliceMs);
    const passed = slice - this.#slice;
    // A clock that goes back is another one, as when a test has installed its own: nothing compares.
    const steps = passed < 0 ? SLICES : Math.min(passed, SLICES);
    for (let i = 1; i <= steps; i++) {
      const at = 2 * ((passed < 0 ? i : slice - steps + i) % SLICES);
      this.#sums[0] -= this.#counts[at]!;
      this.#sums[1] -= this.#counts[at + 1]!;
      this.#counts[at] = this.#counts[at + 1] = 0;
    }
    this.#slice = slice;
  }
}
