import { checkFunction, checkInteger, checkOptions } from "../internal/arguments.ts";
import { rejected, spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { runtime } from "../internal/runtime.ts";
import { currentNode } from "./ambient.ts";
import type { Frame } from "./frame.ts";
import type { RunOptions } from "./run-options.ts";
import { type SlotLine, Slots, weightOf } from "./slots.ts";
import { ignore } from "./tree.ts";
import { fail, placeOf, refusal, type Wait } from "./wait.ts";

/** The weight that options give: 1 if none. */
export function weightIn(options: { weight?: number | undefined } | undefined): number {
  const weight = options?.weight;
  return weight === undefined ? 1 : weight;
}

/** What waits in line to run: the function alone, or with its weight and the signal that may still abort. */
type Queued =
  | (() => unknown)
  | {
      readonly fn: () => unknown;
      readonly weight: number;
      readonly signal: AbortSignal | undefined;
    };

function tooHeavy(action: string, total: number, weight: number): string {
  return `Cannot ${action}: "weight" must be at most ${total}, received ${weight}`;
}

/** Places in which functions run: one is held until its function has really ended. */
export class Section extends Slots {
  /** The functions that run in it, while that is remembered. */
  readonly frames: Frame[] = [];
  // Shared by all calls, so that a call that finds a place makes one promise and no closure.
  readonly #succeeded = <T>(value: T): T => {
    this.leave();
    return value;
  };
  readonly #failed = (error: unknown): never => {
    this.leave();
    throw error;
  };

  /**
   * Checks how many places somebody wants.
   *
   * @throws {TypeError | RangeError} If it is no positive integer, or more than there are at all. While
   * there are none at all, everybody waits.
   */
  checkWeight(action: string, weight: number): void {
    checkInteger(action, "weight", weight);
    if (weight > this.total && this.total > 0) {
      throw new RangeError(tooHeavy(action, this.total, weight));
    }
  }

  #most = 0;

  override get total(): number {
    return super.total;
  }

  override set total(value: number) {
    this.#most = Math.max(this.most, value);
    super.total = value;
  }

  /** The most places that there ever were: as many may come back. */
  get most(): number {
    return Math.max(this.#most, this.total);
  }

  /** Changes how many places there are. Who waits for more than that rejects, unless there are none. */
  resize(action: string, total: number): void {
    const impossible: Wait[] = [];
    for (let wait = this.line.first; wait !== undefined && total > 0; wait = wait.next) {
      if (weightOf(wait) > total) impossible.push(wait);
    }
    for (const wait of impossible) {
      fail(wait, new RangeError(tooHeavy(action, total, weightOf(wait))));
    }
    this.total = total;
  }

  /** Calls `fn` in `weight` places; see `Semaphore.run`. `waits` gets the wait, if there is one. */
  run<T>(
    action: string,
    fn: () => T | PromiseLike<T>,
    options: RunOptions | undefined,
    weight: number,
    waits?: Wait<Wait>[],
  ): Promise<T> {
    try {
      checkFunction(action, "fn", fn);
      checkOptions(action, options);
      if (weight !== 1) this.checkWeight(action, weight);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.enter(weight)) {
        // The hop is paid after the start, so that the order of starts never depends on the budget.
        const result = this.start(fn, weight, signal);
        const hop = spend();
        if (hop === undefined) return result;
        result.catch(ignore);
        return hop.then(() => result);
      }
      const plain = signal === undefined && weight === 1;
      const wait = this.queue(place, signal, plain ? fn : { fn, weight, signal });
      // A promise reaction runs in the async context in which it was made: the caller's.
      const result = wait.promise.then(Section.#begin) as Promise<T>;
      wait.promise = result as never;
      waits?.push(wait);
      if (runtime.detector?.off === false) runtime.detector.waits(action, wait);
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  static #begin(this: void, wait: Wait): unknown {
    const section = (wait.line as SlotLine).slots as Section;
    const queued = wait.payload as Queued;
    const plain = typeof queued === "function";
    section.begin();
    const no = refusal(currentNode(), plain ? undefined : queued.signal);
    if (no === undefined) {
      return plain
        ? section.start(queued, 1, undefined)
        : section.start(queued.fn, queued.weight, queued.signal);
    }
    // Cancelled after the place was handed over: nothing starts any more, and the place goes on.
    section.missed(wait);
    section.leave(plain ? 1 : queued.weight);
    wait.promise.then(undefined, ignore);
    return no;
  }

  /** Called when a wait was let in and then cancelled, before its function began. */
  missed(_wait: Wait): void {}

  /** Calls `fn` in places that were taken, and gives them back when it has ended. */
  start<T>(fn: () => T | PromiseLike<T>, weight: number, _signal?: AbortSignal): Promise<T> {
    const { detector } = runtime;
    const frame = detector?.off === false ? detector.begin(this, weight) : undefined;
    if (weight === 1 && frame === undefined) {
      return react(call(fn), this.#succeeded as (value: T) => T, this.#failed);
    }
    return react(
      frame === undefined ? call(fn) : frame.call(fn),
      (value) => {
        frame?.finish();
        this.leave(weight);
        return value;
      },
      (error) => {
        frame?.finish();
        this.leave(weight);
        throw error;
      },
    );
  }
}
