import { checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { Permit } from "./permit.ts";
import type { Permits } from "./permits.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";

/** One way to hold a lock: a mutex, or the reading or the writing side of another. */
export abstract class Lock<P extends Permit = Permit> extends Primitive {
  /** @internal */
  readonly permits: Permits;
  readonly #weight: number;
  readonly #acquire: string;
  readonly #run: string;

  /** @internal */
  constructor(
    permits: (lock: object) => Permits,
    weight: number,
    kind: string,
    options: PrimitiveOptions | undefined,
  ) {
    super(`create ${kind}`, options);
    this.permits = permits(this);
    this.#weight = weight;
    this.#acquire = `acquire ${kind}`;
    this.#run = `run under ${kind}`;
  }

  /**
   * Waits for the lock, to be released by whoever got it.
   *
   * @throws {DeadlockError} If it could never be had, since who holds it waits for it.
   */
  acquire(options?: WaitOptions): Promise<P> {
    try {
      checkOptions(this.#acquire, options);
      return this.permits.acquire(this.#acquire, options, this.#weight) as Promise<P>;
    } catch (error) {
      return rejected(error);
    }
  }

  /** Takes the lock if it is free and that overtakes nobody. */
  tryAcquire(): P | undefined {
    return this.permits.tryAcquire(this.#weight) as P | undefined;
  }

  /**
   * Calls `fn` with the lock held, and gives what it gives. The lock is held until `fn` has really ended:
   * a timeout around the call does not free it while the work goes on. It calls `fn` at once when the
   * lock is free, and in the async context of its caller when it had to wait.
   *
   * @throws {DeadlockError} If `fn` could never run, since who holds the lock waits for it.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T> {
    return this.permits.run(this.#run, fn, options, this.#weight);
  }

  /** @internal */
  clause(): Clause<P> {
    return this.permits.clause(this.#weight) as unknown as Clause<P>;
  }
}
