import { runtime, type Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";
import type { Wait, WaitQueue } from "../cancel/wait.ts";

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
  /** The line that it was last set for, and one in it that keeps the process alive, if there was any. */
  #line: unknown = undefined;
  #live: { readonly pending: boolean } | undefined = undefined;

  constructor(fire: (due: number) => void) {
    this.#fire = fire;
  }

  set<T>(line: WaitQueue<T>, due: number): void {
    const daemon = this.#isForDaemons(line);
    const same = this.#daemon === daemon && this.#clock === runtime.clock;
    // The next in line, or a later call, is mostly due later: that is seen when it fires.
    if (this.#timer !== undefined && this.#due <= due && same) return;
    this.#stop();
    if (due === Infinity) return;
    this.#due = due;
    this.#daemon = daemon;
    this.#clock = runtime.clock;
    this.#timer = setTimer(due - now(), LineTimer.#expired, this, daemon ? "daemon" : "live");
  }

  clear(): void {
    this.#stop();
    this.#line = this.#live = undefined;
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // It is set for each newcomer, who is the last of the line: of the others enough is known already.
  #isForDaemons<T>(line: WaitQueue<T>): boolean {
    const keeps = (wait: Wait<T>): boolean => wait.owner?.daemon !== true;
    let wait = line.last!;
    if (!keeps(wait) && this.#line === line) {
      if (this.#live === undefined) return true;
      if (this.#live.pending) return false;
    }
    while (!keeps(wait) && wait.previous !== undefined) wait = wait.previous;
    this.#line = line;
    this.#live = keeps(wait) ? wait : undefined;
    return this.#live === undefined;
  }

  static #expired(this: void, timer: LineTimer): void {
    timer.#timer = undefined;
    timer.#fire(timer.#due);
  }
}
