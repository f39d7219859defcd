import { checkAmount, checkFunction, checkOptions, seen } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { runtime } from "../internal/runtime.ts";
import type { Clause } from "../cancel/clause.ts";
import { currentTask } from "../cancel/current-task.ts";
import { textOf } from "../cancel/report.ts";
import { placeOf, refusal, type Wait } from "../cancel/wait.ts";
import { Permit } from "./permit.ts";
import { Permits } from "./permits.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";

export interface TryBorrowOptions {
  /** Who borrows, in place of the current task: anything, compared as keys of a Map are. */
  key?: unknown;
}

export interface BorrowOptions extends TryBorrowOptions {
  /** Ends the wait: it rejects with the signal's reason, as it is. */
  signal?: AbortSignal | undefined;
}

/** The figures of a capacity limiter. */
export interface CapacityLimiterStats {
  readonly total: number;
  /** How many permits are borrowed: more than `total` while that was made smaller than what is. */
  readonly borrowed: number;
  /** How many wait in line. */
  readonly waiting: number;
}

const BORROW = "borrow from a capacity limiter";

/** What waits in line to borrow. */
class Claim {
  readonly key: unknown;

  constructor(key: unknown) {
    this.key = key;
  }
}

class Loan extends Permit {
  readonly #key: unknown;

  constructor(permits: Loans, key: unknown) {
    super(permits, 1);
    this.#key = key;
  }

  override take(): ReturnType<Permit["take"]> {
    const permits = super.take() as Loans | undefined;
    permits?.borrowers.delete(this.#key);
    return permits;
  }
}

class Loans extends Permits {
  /** Who borrows, and who waits for it, told by `true` and `false`. */
  readonly borrowers = new Map<unknown, boolean>();
  /** Whose the waits are that wait to run. */
  readonly claims = new WeakMap<Wait, Claim>();

  override admit(wait: Wait): Permit | undefined {
    const { payload } = wait;
    return payload instanceof Claim ? this.lend(payload.key) : undefined;
  }

  override left(wait: Wait): void {
    this.missed(wait);
    super.left(wait);
  }

  override missed(wait: Wait): void {
    const { payload } = wait;
    const claim = payload instanceof Claim ? payload : this.claims.get(wait);
    // Of several clauses for one key another may have won.
    if (claim !== undefined && this.borrowers.get(claim.key) === false) {
      this.borrowers.delete(claim.key);
    }
  }

  lend(key: unknown): Permit {
    this.borrowers.set(key, true);
    return new Loan(this, key);
  }
}

/**
 * Lets each borrower hold one of `total` permits, and knows who holds them. A borrower is the task that
 * asks, or any `key` that is given in its place; one that has a permit, or waits for one, cannot ask for
 * another. The total can be changed at any time.
 *
 * First come, first served. The rules are those of Trio's CapacityLimiter.
 *
 * @example
 * ```ts
 * import { CapacityLimiter } from "corral";
 *
 * const seats = new CapacityLimiter(1);
 * await seats.run(() => console.log(seats.owners.join()), { key: "table 4" }); // table 4
 * ```
 */
export class CapacityLimiter extends Primitive {
  readonly #loans: Loans;

  /**
   * @param total A non-negative integer, or `Infinity`.
   * @throws {TypeError | RangeError} If `total` is anything else.
   */
  constructor(total: number, options?: PrimitiveOptions) {
    super("create a capacity limiter", options);
    checkAmount("create a capacity limiter", "total", total);
    this.#loans = new Loans(total, "capacity-limiter", this);
  }

  /** How many may borrow at once. More are let in at once; fewer come into force as permits come back. */
  get total(): number {
    return this.#loans.total;
  }

  set total(total: number) {
    checkAmount("change a capacity limiter", "total", total);
    this.#loans.total = total;
  }

  /** Who holds a permit: tasks and keys. */
  get owners(): readonly unknown[] {
    return [...this.#loans.borrowers].flatMap(([key, holds]) => (holds ? [key] : []));
  }

  /** How many permits are free. */
  get available(): number {
    return this.#loans.total - this.#loans.held;
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.#loans.line.length;
  }

  #borrower(options: TryBorrowOptions | undefined): unknown {
    checkOptions(BORROW, options);
    const key = options?.key === undefined ? currentTask() : options.key;
    if (key === undefined) {
      throw new TypeError(`Cannot ${BORROW}: "key" must be given outside of a task, received none`);
    }
    this.#checkBorrower(key);
    return key;
  }

  #checkBorrower(key: unknown): void {
    const holds = this.#loans.borrowers.get(key);
    if (holds === undefined) return;
    const who = typeof key === "object" && key !== null ? textOf(key) : seen(key);
    throw new TypeError(
      `Cannot ${BORROW}: expected a borrower without a permit, received ${who}, which ${
        holds ? "holds" : "waits for"
      } one`,
    );
  }

  /**
   * Waits for a permit, to be released by whoever got it.
   *
   * @throws {TypeError} If the borrower has a permit or waits for one, or is unknown: outside of a task
   * and without a key.
   */
  acquire(options?: BorrowOptions): Promise<Permit> {
    try {
      const key = this.#borrower(options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const loans = this.#loans;
      if (loans.enter()) return ready(loans.lend(key));
      const wait = loans.queue(place, signal, new Claim(key));
      if (wait.pending) loans.borrowers.set(key, false);
      runtime.detector?.waits(BORROW, wait);
      return wait.promise as Promise<never>;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Takes a permit if one is free and that overtakes nobody.
   *
   * @throws {TypeError} As `acquire()`.
   */
  tryAcquire(options?: TryBorrowOptions): Permit | undefined {
    const key = this.#borrower(options);
    return this.#loans.enter() ? this.#loans.lend(key) : undefined;
  }

  /**
   * Calls `fn` with a permit, and gives what it gives. The permit is held until `fn` has really ended.
   *
   * @throws {TypeError} As `acquire()`.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: BorrowOptions): Promise<T> {
    try {
      checkFunction("run under a capacity limiter", "fn", fn);
      const key = this.#borrower(options);
      const { borrowers, claims } = this.#loans;
      const waits: Wait<Wait>[] = [];
      const end = (): unknown => borrowers.delete(key);
      let begun = false;
      const held = (): Promise<T> => {
        begun = true;
        borrowers.set(key, true);
        return react(
          call(fn),
          (value) => (end(), value),
          (error) => {
            end();
            throw error;
          },
        );
      };
      borrowers.set(key, false);
      const result = this.#loans.run("run under a capacity limiter", held, options, 1, waits);
      if (waits.length > 0) claims.set(waits[0] as Wait, new Claim(key));
      else if (!begun) end();
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  override stats(): CapacityLimiterStats {
    const { total, held, line } = this.#loans;
    return Object.freeze({ total, borrowed: held, waiting: line.length });
  }

  /** @internal */
  override get kind(): string {
    return "CapacityLimiter";
  }

  /** @internal */
  clause(options?: TryBorrowOptions): Clause<Permit> {
    const key = this.#borrower(options);
    const loans = this.#loans;
    return {
      line: loans.line,
      payload: new Claim(key),
      take: () => {
        this.#checkBorrower(key);
        return loans.enter() ? { value: loans.lend(key) } : undefined;
      },
      begun: () => {
        loans.borrowers.set(key, false);
        loans.handOver();
      },
      left: (wait) => loans.left(wait),
    };
  }
}
