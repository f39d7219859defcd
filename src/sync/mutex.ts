import { Lock } from "./lock.ts";
import { Permits } from "./permits.ts";
import type { PrimitiveOptions } from "./primitive.ts";

/** The figures of a mutex. */
export interface MutexStats {
  readonly locked: boolean;
  /** How many wait in line. */
  readonly waiting: number;
}

/**
 * Lets one caller at a time into a section.
 *
 * First come, first served: a mutex that is released is handed to the first in line in the same step. It
 * is not re-entrant: who holds it and asks for it again would wait for itself.
 *
 * The rules are those of asyncio's Lock; it is released by its permit, and so by its holder alone.
 *
 * @example
 * ```ts
 * import { Mutex } from "corral";
 *
 * const mutex = new Mutex();
 * let balance = 1;
 * await Promise.all(
 *   [2, 3].map((amount) =>
 *     mutex.run(async () => {
 *       const before = balance;
 *       await Promise.resolve();
 *       balance = before + amount;
 *     }),
 *   ),
 * );
 * console.log(balance); // 6
 * ```
 */
export class Mutex extends Lock {
  /** @throws {TypeError} If the options are no object. */
  constructor(options?: PrimitiveOptions) {
    super((mutex) => new Permits(1, "mutex", mutex), 1, "a mutex", options);
  }

  get locked(): boolean {
    return this.permits.held > 0;
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.permits.line.length;
  }

  override stats(): MutexStats {
    return Object.freeze({ locked: this.locked, waiting: this.waiting });
  }

  /** @internal */
  override get kind(): string {
    return "Mutex";
  }
}
