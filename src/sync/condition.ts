import { checkCount, checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import { rejected, spend } from "../internal/budget.ts";
import { type Frame, runtime } from "../internal/runtime.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { ignore, quiet } from "../cancel/tree.ts";
import { fail, grant, park, placeOf, refusal, type Wait, WaitQueue } from "../cancel/wait.ts";
import { Mutex } from "./mutex.ts";
import type { Permits } from "./permits.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";

/** The figures of a condition. */
export interface ConditionStats {
  readonly locked: boolean;
  /** How many wait to be notified. */
  readonly waiting: number;
}

const WAIT = "wait for a condition";
const NOTIFY = "notify a condition";

/** The proof of holding a condition's lock, good until the function that got it has ended. */
export class HeldCondition {
  readonly #line: WaitQueue<void>;
  readonly #permits: Permits;
  readonly #frame: Frame | undefined = runtime.detector?.current();
  /** `holding` ⇄ `waiting` (the lock is let go, until it was acquired again) → `ended`. */
  #state: "holding" | "waiting" | "ended" = "holding";
  #wait: Wait<void> | undefined;
  #relock: Wait<Wait> | undefined;

  /** @internal */
  constructor(line: WaitQueue<void>, permits: Permits) {
    this.#line = line;
    this.#permits = permits;
  }

  #check(action: string): void {
    if (this.#state === "holding") return;
    throw new TypeError(
      `Cannot ${action}: expected a section that holds the lock, received one that ${
        this.#state === "ended" ? "has ended" : "waits itself"
      }`,
    );
  }

  /**
   * Lets the lock go, waits to be notified, and acquires the lock again: always, also when it is
   * cancelled meanwhile, and however long that takes. One that is cancelled after it was notified passes
   * the notification on.
   *
   * @throws {TypeError} If the section does not hold the lock.
   */
  wait(options?: WaitOptions): Promise<void> {
    try {
      checkOptions(WAIT, options);
      this.#check(WAIT);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const wait = park(this.#line, place, signal, this);
      this.#state = "waiting";
      this.#wait = wait;
      this.#frame?.end();
      const result: Promise<void> = wait.promise.then(
        async () => {
          await this.#lock();
          const late = refusal(place, signal);
          if (late === undefined) return;
          notify(this.#line, 1);
          result.catch(ignore);
          await late;
        },
        async (error: unknown) => {
          await this.#lock();
          throw error;
        },
      );
      wait.promise = result;
      this.#permits.leave();
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Waits until `predicate` gives something truthy, which it is asked for at once and after each
   * notification.
   *
   * @returns What `predicate` gave.
   * @throws {TypeError} If the section does not hold the lock.
   */
  waitFor<T>(predicate: () => T, options?: WaitOptions): Promise<T> {
    const result: Promise<T> = this.#waitFor(predicate, options, () => void quiet(result));
    return result;
  }

  async #waitFor<T>(
    predicate: () => T,
    options: WaitOptions | undefined,
    cancelled: () => void,
  ): Promise<T> {
    checkFunction(WAIT, "predicate", predicate);
    checkOptions(WAIT, options);
    this.#check(WAIT);
    const signal = options?.signal;
    const no = refusal(placeOf(signal), signal);
    // Not before this call has returned.
    if (no !== undefined) queueMicrotask(cancelled);
    await (no ?? spend());
    for (;;) {
      this.#check(WAIT);
      const result = predicate();
      // A promise is always truthy: nobody means that.
      if (typeof (result as { then?: unknown } | null | undefined)?.then === "function") {
        throw new TypeError(`Cannot ${WAIT}: "predicate" must return a value, received a promise`);
      }
      if (result) return result;
      await this.wait(options).catch((error: unknown) => {
        cancelled();
        throw error;
      });
    }
  }

  /**
   * Lets the first `n` of those who wait go on, one after the other, when this section has ended or waits
   * itself. When there are fewer, the rest of `n` is forgotten.
   *
   * @throws {TypeError | RangeError} If the section does not hold the lock, or `n` is no positive integer (or
   * `Infinity`).
   */
  notify(n = 1): void {
    checkCount(NOTIFY, "n", n);
    this.#check(NOTIFY);
    notify(this.#line, n);
  }

  /** Lets all go on who wait; see `notify()`. */
  notifyAll(): void {
    this.notify(Infinity);
  }

  /** @internal Takes a place in the line of the lock. */
  queue(): void {
    this.#relock = this.#permits.queue(undefined, undefined, this);
  }

  async #lock(): Promise<void> {
    await this.#relock!.promise;
    this.#permits.begin();
    this.#frame?.begin();
    this.#state = "holding";
  }

  /** @internal Called when the function has ended; what to wait for, if it left a wait behind. */
  end(): Promise<unknown> | undefined {
    const wait = this.#state === "waiting" ? this.#wait! : undefined;
    if (wait === undefined) {
      this.#state = "ended";
      return undefined;
    }
    if (fail(wait, new ClosedError(`Cannot ${WAIT}: the section has ended`))) this.queue();
    return wait.promise.then(
      () => this.end(),
      () => this.end(),
    );
  }
}

function notify(line: WaitQueue<void>, n: number): void {
  for (let wait = line.first; wait !== undefined && n > 0; wait = line.first) {
    if (!grant(wait, undefined)) continue;
    n--;
    (wait.payload as HeldCondition).queue();
  }
}

function left(wait: Wait<void>): void {
  (wait.payload as HeldCondition).queue();
}

/**
 * Lets sections of a lock wait for what other sections of it bring about.
 *
 * `run` gives the function a `held` object: the proof that it holds the lock, by which it waits and
 * notifies. Who is notified goes to the line of the lock in the order in which it waited, and goes on
 * when it holds the lock again. What it waited for may have been undone by then: use `waitFor`.
 *
 * The rules are those of asyncio's Condition.
 *
 * @example
 * ```ts
 * import { Condition } from "corral";
 *
 * const condition = new Condition();
 * const items: string[] = [];
 * const consumer = condition.run(async (held) => {
 *   await held.waitFor(() => items.length > 0);
 *   return items.shift();
 * });
 * await condition.run((held) => {
 *   items.push("a message");
 *   held.notify();
 * });
 * console.log(await consumer); // a message
 * ```
 */
export class Condition extends Primitive {
  readonly #line = new WaitQueue<void>("condition", this, left);
  /** The lock; it may be shared with other conditions, and used by itself. */
  readonly mutex: Mutex;

  /**
   * @param mutex The lock; a new one by default.
   * @throws {TypeError} If `mutex` is no Mutex, or the options are no object.
   */
  constructor(mutex?: Mutex, options?: PrimitiveOptions) {
    super("create a condition", options);
    if (mutex !== undefined && !(mutex instanceof Mutex)) {
      throw new TypeError(
        `Cannot create a condition: "mutex" must be a Mutex, received ${seen(mutex)}`,
      );
    }
    this.mutex = mutex ?? new Mutex(options);
  }

  /**
   * Calls `fn` with the lock held, and gives what it gives; see `Mutex.run`. A wait that `fn` leaves
   * behind when it ends rejects with a ClosedError.
   */
  run<T>(fn: (held: HeldCondition) => T | PromiseLike<T>, options?: RunOptions): Promise<T> {
    try {
      checkFunction("run under a condition", "fn", fn);
    } catch (error) {
      return rejected(error);
    }
    return this.mutex.run(async () => {
      const held = new HeldCondition(this.#line, this.mutex.permits);
      try {
        return await fn(held);
      } finally {
        const rest = held.end();
        if (rest !== undefined) await rest;
      }
    }, options);
  }

  /** How many wait to be notified. */
  get waiting(): number {
    return this.#line.length;
  }

  override stats(): ConditionStats {
    return Object.freeze({ locked: this.mutex.locked, waiting: this.#line.length });
  }

  /** @internal */
  override get kind(): string {
    return "Condition";
  }
}
