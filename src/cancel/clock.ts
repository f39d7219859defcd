/** The clock of the library: the platform's, or a virtual one while a test has installed it. */
import { type Clock, runtime, type Timer, type TimerKind } from "../internal/runtime.ts";

/** The longest delay that platform timers take; a longer one would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

interface PlatformTimers {
  setTimeout(fire: (timer: PlatformTimer) => void, ms: number, timer: PlatformTimer): unknown;
  clearTimeout(id: unknown): void;
}

class PlatformTimer implements Timer {
  #id: unknown;
  #left: number;
  readonly #fire: (argument: unknown) => void;
  readonly #argument: unknown;
  readonly #live: boolean;

  constructor(ms: number, fire: (argument: unknown) => void, argument: unknown, live: boolean) {
    this.#left = ms;
    this.#fire = fire;
    this.#argument = argument;
    this.#live = live;
    this.#arm();
  }

  // Platform timers take whole milliseconds; a deadline minus a moment is one, up to rounding.
  // Read from globalThis at each call, so that a test's fake timers are used when they are there.
  #arm(): void {
    const ms = Math.min(this.#left, LONGEST_MS);
    this.#left -= ms;
    const timers = globalThis as unknown as PlatformTimers;
    this.#id = timers.setTimeout(PlatformTimer.#expired, Math.ceil(ms - 0.001), this);
    if (!this.#live) (this.#id as { unref?: () => void }).unref?.();
  }

  // A timer that fired for its full delay is the expiry, even if the clock says a moment less.
  static #expired(this: void, timer: PlatformTimer): void {
    if (timer.#left > 0) timer.#arm();
    else timer.#fire(timer.#argument);
  }

  cancel(): void {
    (globalThis as unknown as PlatformTimers).clearTimeout(this.#id);
  }
}

const platformClock: Clock = {
  now: () => globalThis.performance.now(),
  set: (ms, fire, argument, kind) =>
    new PlatformTimer(ms, fire as (argument: unknown) => void, argument, kind === "live"),
};

/**
 * Monotonic milliseconds of the current clock; only differences of them mean anything. Under a
 * virtual clock they stand still until it jumps.
 */
export function now(): number {
  return (runtime.clock ?? platformClock).now();
}

/** Sets a timer. Negative delays are zero; `Infinity` never fires, and keeps alive what it does. */
export function setTimer<A>(
  ms: number,
  fire: (argument: A) => void,
  argument: A,
  kind: TimerKind,
): Timer {
  return (runtime.clock ?? platformClock).set(Math.max(0, ms), fire, argument, kind);
}
