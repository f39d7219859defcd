import { checkInteger } from "../internal/arguments.ts";
import type { Clause } from "../cancel/clause.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { grantAll, WaitQueue } from "../cancel/wait.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
import { waitOn } from "./wait-on.ts";

/** The figures of a latch. */
export interface LatchStats {
  /** How much is left to count down. */
  readonly count: number;
  readonly waiting: number;
}

const OPEN = { value: undefined };

/**
 * A count that goes down to zero, once. All who wait are let go then, in the order in which they came.
 *
 * @example
 * ```ts
 * import { Latch } from "corral";
 *
 * const latch = new Latch(2);
 * latch.countDown();
 * latch.countDown();
 * await latch.wait();
 * console.log(latch.count); // 0
 * ```
 */
export class Latch extends Primitive {
  readonly #line = new WaitQueue<void>("latch", this);
  readonly #clause: Clause<void> = {
    line: this.#line,
    take: () => (this.#count === 0 ? OPEN : undefined),
  };
  #count: number;

  /**
   * @param count A non-negative integer; a latch of zero is open from the start.
   * @throws {TypeError | RangeError} If `count` is anything else.
   */
  constructor(count: number, options?: PrimitiveOptions) {
    super("create a latch", options);
    if (count !== 0) checkInteger("create a latch", "count", count, "a non-negative integer");
    this.#count = count;
  }

  /** How much is left to count down. */
  get count(): number {
    return this.#count;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#line.length;
  }

  /**
   * Counts down by `n`, which lets go all who wait when that makes zero.
   *
   * @throws {TypeError | RangeError} If `n` is no positive integer, or more than is left.
   */
  countDown(n = 1): void {
    checkInteger("count down a latch", "n", n);
    if (n > this.#count) {
      throw new RangeError(
        `Cannot count down a latch: "n" must be at most ${this.#count}, received ${n}`,
      );
    }
    this.#count -= n;
    if (this.#count === 0) grantAll(this.#line, undefined);
  }

  /** Waits until the count is zero; not at all when it is. */
  wait(options?: WaitOptions): Promise<void> {
    return waitOn("wait for a latch", this.#clause, options);
  }

  override stats(): LatchStats {
    return Object.freeze({ count: this.#count, waiting: this.#line.length });
  }

  /** @internal */
  override get kind(): string {
    return "Latch";
  }

  /** @internal */
  clause(): Clause<void> {
    return this.#clause;
  }
}
