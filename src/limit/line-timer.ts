import { runtime, type Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";
import type { WaitQueue } from "../cancel/wait.ts";

/**
 * The one timer of a line. It fires when it is due at the latest, maybe before: whoever has set it looks
 * and sets it again. It keeps the process alive if anybody in the line does.
 */
export class LineTimer {
  readonly #fire: (due: number) => void;
  #timer: Timer | undefined = undefined;
  #due = Infinity;
  #daemon = false;
  #clock: object | undefined = undefined;

  constructor(fire: (due: number) => void) {
    this.#fire = fire;
  }

  set<T>(line: WaitQueue<T>, due: number): void {
    let wait = line.first;
    while (wait?.owner?.daemon === true) wait = wait.next;
    const daemon = wait === undefined;
    const same = this.#daemon === daemon && this.#clock === runtime.clock;
    // The next in line, or a later call, is mostly due later: that is seen when it fires.
    if (this.#timer !== undefined && this.#due <= due && same) return;
    this.clear();
    if (due === Infinity) return;
    this.#due = due;
    this.#daemon = daemon;
    this.#clock = runtime.clock;
    this.#timer = setTimer(due - now(), LineTimer.#expired, this, daemon ? "daemon" : "live");
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  static #expired(this: void, timer: LineTimer): void {
    timer.#timer = undefined;
    timer.#fire(timer.#due);
  }
}
