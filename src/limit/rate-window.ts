import type { Meter, Rate } from "./rate-meter.ts";

/** How many places of a log may be empty at its start. */
const SLACK = 64;

/** Remembers when it let in whom: in any stretch of time of the window's length, no more than the limit. */
export class RateWindow implements Meter {
  readonly #rate: Rate;
  /** Times and numbers in turn, the oldest first. */
  readonly #log: number[];
  /** Where in the log the window begins. */
  #first = 0;
  /** The sum of the numbers from there on. */
  #used: number;

  constructor(rate: Rate, log: number[] = [], used = 0) {
    this.#rate = rate;
    this.#log = log;
    this.#used = used;
  }

  at(n: number, from: number): number {
    const { limit, perMs } = this.#rate;
    const log = this.#log;
    let used = this.#used;
    let at = Math.max(from, log.at(-2) ?? 0);
    for (let i = this.#first; i < log.length && used + n > limit; i += 2) {
      at = Math.max(at, log[i]! + perMs);
      used -= log[i + 1]!;
    }
    return used + n <= limit ? at : Infinity;
  }

  take(n: number, time: number): void {
    if (this.#rate.limit === Infinity) return;
    const log = this.#log;
    const last = log.at(-2) ?? 0;
    const at = Math.max(time, last);
    this.settle(at);
    if (at === last && this.#first < log.length) log[log.length - 1]! += n;
    else log.push(at, n);
    this.#used += n;
  }

  giveBack(n: number, time: number): void {
    const log = this.#log;
    let i = log.length - 2;
    while (i >= this.#first && log[i]! > time) i -= 2;
    if (i < this.#first || log[i] !== time) return;
    log[i + 1]! -= n;
    this.#used -= n;
  }

  /** Forgets what has left the window by then. */
  settle(time: number): void {
    const log = this.#log;
    for (; this.#first < log.length; this.#first += 2) {
      if (log[this.#first]! + this.#rate.perMs > time) break;
      this.#used -= log[this.#first + 1]!;
    }
    if (this.#first < SLACK || this.#first * 2 < log.length) return;
    log.splice(0, this.#first);
    this.#first = 0;
  }

  room(time: number): number {
    this.settle(time);
    return Math.max(0, this.#rate.limit - this.#used);
  }

  copy(): RateWindow {
    return new RateWindow(this.#rate, this.#log.slice(this.#first), this.#used);
  }
}
