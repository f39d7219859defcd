/** What a closed circuit remembers, and when it has had enough. */
import { TimeWindow } from "./time-window.ts";

export interface Outcomes {
  /** Notes how a call ended, and says whether the circuit shall open. */
  add(failed: boolean): boolean;
  /** How many have succeeded and how many have failed, as far as it remembers. */
  sums(): readonly [successes: number, failures: number];
}

/** Failures one after the other, with no success between them. */
export class Consecutive implements Outcomes {
  readonly #limit: number;
  #successes = 0;
  #failures = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(failed: boolean): boolean {
    if (failed) {
      this.#successes = 0;
      return ++this.#failures >= this.#limit;
    }
    this.#successes++;
    this.#failures = 0;
    return false;
  }

  sums(): readonly [number, number] {
    return [this.#successes, this.#failures];
  }
}

/** The share of failures among the last calls. */
export class CountWindow implements Outcomes {
  readonly #ratio: number;
  readonly #minimum: number;
  readonly #count: number;
  /** The last calls, each where the one before it by `count` was. */
  readonly #last: boolean[] = [];
  #next = 0;
  readonly #sums: [number, number] = [0, 0];

  constructor(ratio: number, minimum: number, count: number) {
    this.#ratio = ratio;
    this.#minimum = minimum;
    this.#count = count;
  }

  add(failed: boolean): boolean {
    const oldest = this.#last[this.#next];
    if (oldest !== undefined) this.#sums[Number(oldest) as 0 | 1]--;
    this.#last[this.#next] = failed;
    this.#sums[Number(failed) as 0 | 1]++;
    this.#next = (this.#next + 1) % this.#count;
    return failed && isTooMany(this.#sums, this.#ratio, this.#minimum);
  }

  sums(): readonly [number, number] {
    return this.#sums;
  }
}

/** The share of failures among the calls of the last while. */
export class ShareOverTime implements Outcomes {
  readonly #ratio: number;
  readonly #minimum: number;
  readonly #window: TimeWindow;

  constructor(ratio: number, minimum: number, windowMs: number) {
    this.#ratio = ratio;
    this.#minimum = minimum;
    this.#window = new TimeWindow(windowMs);
  }

  add(failed: boolean): boolean {
    this.#window.add(failed ? 1 : 0);
    return failed && isTooMany(this.#window.sums(), this.#ratio, this.#minimum);
  }

  sums(): readonly [number, number] {
    return this.#window.sums();
  }
}

function isTooMany(
  [successes, failures]: readonly [number, number],
  ratio: number,
  minimum: number,
): boolean {
  const calls = successes + failures;
  // Divided, not multiplied: 7 of 100 are exactly 0.07, and 0.07 * 100 is more than 7.
  return calls >= minimum && failures / calls >= ratio;
}
