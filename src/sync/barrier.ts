import { checkInteger, checkOptions } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { fail, grant, isWaiting, park, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";

/** The figures of a barrier. */
export interface BarrierStats {
  readonly parties: number;
  readonly waiting: number;
  readonly broken: boolean;
}

/**
 * Holds callers until so many have come, then lets all of them go at once, and is ready for the next
 * round: who comes then belongs to that one. Who is cancelled while it waits has not come; the barrier
 * is not broken by that.
 *
 * The rules are those of asyncio's Barrier, but for its phase in which parties leave one by one: here
 * all leave in the step in which the last one comes.
 *
 * @example
 * ```ts
 * import { Barrier } from "corral";
 *
 * const barrier = new Barrier(3);
 * const indices = await Promise.all([barrier.wait(), barrier.wait(), barrier.wait()]);
 * console.log(indices.join(" ")); // 0 1 2
 * ```
 */
export class Barrier extends Primitive {
  readonly #line = new WaitQueue<number>("barrier", this);
  #broken = false;
  /** How many callers make a round. */
  readonly parties: number;

  /**
   * @param parties A positive integer.
   * @throws {TypeError | RangeError} If `parties` is anything else.
   */
  constructor(parties: number, options?: PrimitiveOptions) {
    super("create a barrier", options);
    checkInteger("create a barrier", "parties", parties);
    this.parties = parties;
  }

  /** How many of this round wait. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Whether it was aborted, and not reset since. */
  get broken(): boolean {
    return this.#broken;
  }

  /**
   * Waits until as many as there are parties wait.
   *
   * @returns An index that no other of the round gets: 0 for who has waited longest, `parties - 1` for
   * the one that came last.
   * @throws {ClosedError} If the barrier is broken, or is broken or reset meanwhile.
   */
  wait(options?: WaitOptions): Promise<number> {
    try {
      checkOptions("wait at a barrier", options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.#broken) throw Barrier.#error("it is broken");
      const line = this.#line;
      if (line.length + 1 < this.parties || !this.#complete()) {
        return park(line, place, signal).promise;
      }
      return ready(this.parties - 1);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Lets the round go, if all that wait can still take it. */
  #complete(): boolean {
    const line = this.#line;
    // Looked at before any is let go: a signal may have aborted whose listener has not run.
    for (let wait = line.first; wait !== undefined;) {
      const { next } = wait;
      // A cancellation may have taken the next one out as well: then all are looked at again.
      wait = isWaiting(wait) || next?.pending !== false ? next : line.first;
    }
    if (line.length + 1 < this.parties) return false;
    for (let index = 0; line.first !== undefined; index++) grant(line.first, index);
    return true;
  }

  /** Lets go all who wait, with a ClosedError, and begins anew, also when it was broken. */
  reset(): void {
    this.#broken = false;
    this.#breakOff("it was reset");
  }

  /** Lets go all who wait, with a ClosedError, and whoever comes until it is reset. */
  abort(): void {
    this.#broken = true;
    this.#breakOff("it was broken");
  }

  #breakOff(why: string): void {
    const line = this.#line;
    for (let wait = line.first; wait !== undefined; wait = line.first) {
      fail(wait, Barrier.#error(why));
    }
  }

  static #error(why: string): ClosedError {
    return new ClosedError(`Cannot wait at a barrier: ${why}`);
  }

  override stats(): BarrierStats {
    return Object.freeze({
      parties: this.parties,
      waiting: this.#line.length,
      broken: this.#broken,
    });
  }

  /** @internal */
  override get kind(): string {
    return "Barrier";
  }
}
