import { checkAmount, checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import type { WeightedRunOptions } from "../cancel/run-options.ts";
import { weightIn } from "../cancel/section.ts";
import type { Permit } from "./permit.ts";
import { Permits } from "./permits.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";

export interface TryAcquireOptions {
  /** How many of the permits it takes; 1 by default. */
  weight?: number | undefined;
}

export interface AcquireOptions extends TryAcquireOptions {
  /** Ends the wait: it rejects with the signal's reason, as it is. */
  signal?: AbortSignal | undefined;
}

/** The figures of a semaphore. */
export interface SemaphoreStats {
  readonly permits: number;
  /** How many are free: fewer than none while it was made smaller than what is held. */
  readonly available: number;
  /** How many wait in line. */
  readonly waiting: number;
}

const ACQUIRE = "acquire a semaphore";

/**
 * Lets callers in while there are permits: some at once, or one by its weight.
 *
 * First come, first served: a permit that is released is handed to the first in line in the same step,
 * and a light caller does not overtake a heavy one that waits. A caller that is cancelled leaves the
 * line, and gets nothing.
 *
 * The rules are those of asyncio's Semaphore, with the weights of Go's; permits are objects, so that
 * none can be released twice.
 *
 * @example
 * ```ts
 * import { Semaphore } from "corral";
 *
 * const connections = new Semaphore(2);
 * const answer = await connections.run(async () => "the answer");
 * console.log(answer); // the answer
 * {
 *   using permit = await connections.acquire();
 *   console.log(connections.available); // 1
 * }
 * console.log(connections.available); // 2
 * ```
 */
export class Semaphore extends Primitive {
  readonly #permits: Permits;

  /**
   * @param permits How many there are: a non-negative integer, or `Infinity`. With none, all wait until
   * `resize()`.
   * @throws {TypeError | RangeError} If `permits` is anything else.
   */
  constructor(permits: number, options?: PrimitiveOptions) {
    super("create a semaphore", options);
    checkAmount("create a semaphore", "permits", permits);
    this.#permits = new Permits(permits, "semaphore", this);
  }

  /** How many permits are free. */
  get available(): number {
    return this.#permits.total - this.#permits.held;
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.#permits.line.length;
  }

  /**
   * Waits for a permit, to be released by whoever got it.
   *
   * @throws {TypeError | RangeError} If `weight` is no positive integer, or more than the permits there
   * are: it could never be had.
   * @throws {DeadlockError} If it could never be had since all that hold the permits wait for it.
   */
  acquire(options?: AcquireOptions): Promise<Permit> {
    try {
      checkOptions(ACQUIRE, options);
      const weight = weightIn(options);
      if (weight !== 1) this.#permits.checkWeight(ACQUIRE, weight);
      return this.#permits.acquire(ACQUIRE, options, weight);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Takes a permit if one is free and that overtakes nobody: who waits in line, or was let in to run and
   * has yet to begin.
   *
   * @throws {TypeError | RangeError} As `acquire()`.
   */
  tryAcquire(options?: TryAcquireOptions): Permit | undefined {
    checkOptions(ACQUIRE, options);
    const weight = weightIn(options);
    if (weight !== 1) this.#permits.checkWeight(ACQUIRE, weight);
    return this.#permits.tryAcquire(weight);
  }

  /**
   * Calls `fn` with a permit, and gives what it gives. The permit is held until `fn` has really ended: a
   * timeout around the call does not free it while the work goes on. It calls `fn` at once when a permit
   * is free, and in the async context of its caller when it had to wait.
   *
   * @throws As `acquire()`, and what `fn` throws.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: WeightedRunOptions): Promise<T> {
    const weight = weightIn(options);
    return this.#permits.run("run under a semaphore", fn, options, weight);
  }

  /**
   * Changes how many permits there are. More are handed out at once; fewer come into force as permits
   * are released. Who waits for more than there are now rejects with a RangeError, unless there are
   * none, where all wait.
   *
   * @throws {TypeError | RangeError} If `permits` is not what the constructor takes.
   */
  resize(permits: number): void {
    checkAmount("resize a semaphore", "permits", permits);
    this.#permits.resize(ACQUIRE, permits);
  }

  override stats(): SemaphoreStats {
    const { total, held, line } = this.#permits;
    return Object.freeze({ permits: total, available: total - held, waiting: line.length });
  }

  /** @internal */
  override get kind(): string {
    return "Semaphore";
  }

  /** @internal */
  clause(options?: TryAcquireOptions): Clause<Permit> {
    checkOptions(ACQUIRE, options);
    const weight = weightIn(options);
    this.#permits.checkWeight(ACQUIRE, weight);
    return this.#permits.clause(weight);
  }
}
