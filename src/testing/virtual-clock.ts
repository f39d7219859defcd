import { CancelScope, DeadlockError, waitTree } from "../index.ts";
import { type VirtualTimer, VirtualTimers } from "./virtual-timers.ts";

/** The part of the process's runtime record that a clock needs; see docs/architecture.md. */
interface RuntimeRecord {
  ops: number;
  clock: object | undefined;
  watcher: { started(wait: unknown): void; ended(wait: unknown): void } | undefined;
  readonly later: (fn: () => void) => void;
}

// Taken when the module is loaded, so that fake timers of a test framework do not stop the clock.
const { setTimeout } = globalThis;

function record(): RuntimeRecord {
  const key = Symbol.for("corral.runtime.1");
  return (globalThis as unknown as Record<symbol, RuntimeRecord>)[key]!;
}

/** So many macrotask turns without a library wait beginning or ending count as idle. */
const QUIET_TURNS = 2;

/** How many idle moments a deadlocked test gets to clean up after its cancellation. */
const LAST_MOMENTS = 20;

/** And how many turns of the event loop, when it never comes to rest. */
const LAST_TURNS = 1_000;

interface Advance {
  readonly target: number;
  readonly resolve: () => void;
}

/** The clock of a test; see {@link withVirtualClock}. */
export class VirtualClock {
  #now = 0;
  #external = 0;
  readonly #timers = new VirtualTimers();
  readonly #advances: Advance[] = [];
  #idlers: (() => void)[] = [];

  /** Milliseconds since the clock was made. It is what `now()` of the library gives, too. */
  now(): number {
    return this.#now;
  }

  /** @internal What the library sets its timers with. */
  set<A>(ms: number, fire: (argument: A) => void, argument: A, kind: string): VirtualTimer {
    return this.#timers.add(this.#now + ms, kind === "passive", () => fire(argument));
  }

  /**
   * Lets `ms` milliseconds pass: fires the timers that are due in them one after the other, and lets
   * the program run until it is idle after each.
   *
   * @throws {RangeError} If `ms` is negative or not finite.
   */
  advance(ms: number): Promise<void> {
    if (!(ms >= 0 && ms < Infinity)) {
      return Promise.reject(
        new RangeError(
          `Cannot advance the clock: "ms" must be finite and not negative, received ${ms}`,
        ),
      );
    }
    const start = this.#advances.at(-1)?.target ?? this.#now;
    return new Promise((resolve) => this.#advances.push({ target: start + ms, resolve }));
  }

  /** Lets the program run until all of it waits. Time stands still. */
  runUntilIdle(): Promise<void> {
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  /**
   * Says that `promise` is settled by something outside the library: a socket, a worker, a timer of the
   * platform. While it is pending, the clock takes nothing for idle.
   *
   * @returns The same promise.
   */
  external<T>(promise: PromiseLike<T>): Promise<T> {
    this.#external++;
    const settled = (): void => void this.#external--;
    const work = Promise.resolve(promise);
    work.then(settled, settled);
    return work;
  }

  /** @internal */
  get busyOutside(): boolean {
    return this.#external > 0;
  }

  /**
   * @internal Goes on from an idle moment: whoever waits for idleness, then an advance, then a jump.
   *
   * @returns Whether there was anything to go on with.
   */
  proceed(): boolean {
    if (this.#idlers.length > 0) {
      const idlers = this.#idlers;
      this.#idlers = [];
      for (const resolve of idlers) resolve();
      return true;
    }
    const advance = this.#advances[0];
    if (advance !== undefined) {
      if (this.#fireNext(advance.target)) return true;
      this.#now = advance.target;
      this.#advances.shift();
      advance.resolve();
      return true;
    }
    return this.#timers.events > 0 && this.#fireNext(Infinity);
  }

  /** Fires all timers of the next moment at which any is due, up to `limit`. */
  #fireNext(limit: number): boolean {
    const due = this.#timers.first?.due ?? Infinity;
    if (due > limit || due === Infinity) return false;
    this.#now = Math.max(this.#now, due);
    while ((this.#timers.first?.due ?? Infinity) <= this.#now) this.#timers.take()!.fire();
    return true;
  }
}

/** A moment of real time. */
function pause(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 1));
}

function deadlock(waits: Set<unknown>): DeadlockError {
  const tree = waits.size === 0 ? "no wait of the library" : waitTree(waits);
  return new DeadlockError(
    "The test is not over, but all of it waits, no timer is set, and nothing external is open. It waits in:\n" +
      `${tree}\n` +
      "If it awaits something that is not the library's (a socket, a worker, a platform timer), hand that promise to clock.external()",
  );
}

/**
 * Runs a test on a clock of its own: `now`, `sleep` and all deadlines of the library follow it.
 *
 * Time stands still while anything runs. When all of it waits (two turns of the event loop without a
 * wait of the library beginning or ending, and nothing external open), the clock jumps to the next
 * timer, so that a test of hours takes milliseconds. If there is none, the test cannot end: it fails with
 * a DeadlockError that shows the tree of waits, and its waits are cancelled.
 *
 * Timers of the platform are not touched. What still waits when `body` ends is cancelled. Works in any
 * test framework.
 *
 * @throws {TypeError} If there is a virtual clock already: one at a time in a process.
 * @example
 * ```ts
 * import { sleep } from "corral";
 * import { withVirtualClock } from "corral/testing";
 *
 * await withVirtualClock(async (clock) => {
 *   await sleep(3_600_000);
 *   console.log(clock.now()); // 3600000
 * });
 * ```
 */
export async function withVirtualClock<T>(
  body: (clock: VirtualClock) => T | PromiseLike<T>,
): Promise<T> {
  const runtime = record();
  if (runtime.clock !== undefined) {
    throw new TypeError("Cannot install a virtual clock: expected none, received one in use");
  }
  const clock = new VirtualClock();
  const waits = new Set<unknown>();
  const previousWatcher = runtime.watcher;
  runtime.clock = clock;
  runtime.watcher = {
    started: (wait) => void waits.add(wait),
    ended: (wait) => void waits.delete(wait),
  };
  const scope = new CancelScope({ name: "test" });
  let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
  let over = false;
  const test = async (): Promise<void> => {
    try {
      outcome = { value: await body(clock) };
    } catch (error) {
      outcome = { error };
    }
    over = true;
    scope.cancel("the test has ended");
  };
  scope.run(test).catch(() => {});
  const turn = (): Promise<void> => new Promise((resolve) => runtime.later(resolve));
  let stuck: DeadlockError | undefined;
  let moments = 0;
  try {
    // What the test leaves behind, or a test that is stuck, gets some moments to clean up.
    for (let quiet = 0, seen = -1, turns = 0; moments < LAST_MOMENTS && turns < LAST_TURNS;) {
      const outside = clock.busyOutside && !over;
      await (outside ? pause() : turn());
      if (over) turns++;
      if (runtime.ops !== seen || outside) {
        seen = runtime.ops;
        quiet = 0;
        continue;
      }
      if (++quiet < QUIET_TURNS) continue;
      quiet = 0;
      if (over && waits.size === 0) break;
      if (over || stuck !== undefined) moments++;
      if (clock.proceed() || stuck !== undefined) continue;
      if (over) break;
      stuck = deadlock(waits);
      scope.cancel(stuck);
    }
    if (stuck !== undefined) throw stuck;
    if ("error" in outcome!) throw outcome.error;
    return outcome!.value;
  } finally {
    runtime.clock = undefined;
    runtime.watcher = previousWatcher;
  }
}
