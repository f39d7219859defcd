import { checkMs } from "../internal/arguments.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
import { TimeWindow } from "./time-window.ts";

export interface RetryBudgetOptions extends PrimitiveOptions {
  /** How many retries each call pays for; 0.1 by default: one retry for ten calls. */
  ratio?: number | undefined;
  /**
   * How many retries a second there are however few calls are made; 1 by default. In all `ttlMs` that is
   * `minPerSecond * ttlMs / 1000`, of which a part is no retry.
   */
  minPerSecond?: number | undefined;
  /** How long a call pays, and a retry counts; 10 s by default. */
  ttlMs?: number | undefined;
}

/** The figures of a retry budget, over the last `ttlMs`. */
export interface RetryBudgetStats {
  readonly calls: number;
  readonly retries: number;
  /** How many retries are left: with fractions. */
  readonly balance: number;
}

const CREATE = "create a retry budget";

/**
 * Keeps the retries of many calls to a share of them, so that a service that is down is not buried
 * under its callers' retries.
 *
 * Give one budget to all `retry` calls of a kind: each of them deposits a part of a retry, each retry
 * takes one out, and where there is none left the failure is thrown at once. What was deposited or taken
 * is forgotten after `ttlMs`, in steps of a tenth. It follows the retry budget of Finagle.
 *
 * @example
 * ```ts
 * import { constant, retry, RetryBudget } from "corral";
 *
 * const budget = new RetryBudget({ ratio: 0.5, minPerSecond: 0 });
 * let calls = 0;
 * const ask = () =>
 *   retry(
 *     () => {
 *       calls++;
 *       throw new Error("down");
 *     },
 *     { attempts: 3, backoff: constant(1), budget },
 *   );
 * await Promise.allSettled([ask(), ask(), ask(), ask()]);
 * console.log(calls); // 6
 * ```
 */
export class RetryBudget extends Primitive {
  readonly #ratio: number;
  readonly #reserve: number;
  readonly #window: TimeWindow;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options?: RetryBudgetOptions) {
    super(CREATE, options);
    const { ratio = 0.1, minPerSecond = 1, ttlMs = 10_000 } = options ?? {};
    checkFigure("ratio", ratio, true);
    checkFigure("minPerSecond", minPerSecond, true);
    checkMs(CREATE, "ttlMs", ttlMs);
    checkFigure("ttlMs", ttlMs, false);
    this.#ratio = ratio;
    this.#reserve = (minPerSecond * ttlMs) / 1000;
    this.#window = new TimeWindow(ttlMs);
  }

  /** How many retries are left: with fractions. */
  get balance(): number {
    const [calls, retries] = this.#window.sums();
    return this.#reserve + this.#ratio * calls - retries;
  }

  /** Notes a call, which pays for a part of a retry. `retry` does it. */
  deposit(): void {
    this.#window.add(0);
  }

  /** Takes a retry out, if there is one. */
  tryWithdraw(): boolean {
    // Ten tenths make a whole one, whatever their sum is in binary.
    if (this.balance < 1 - 1e-9) return false;
    this.#window.add(1);
    return true;
  }

  override stats(): RetryBudgetStats {
    const [calls, retries] = this.#window.sums();
    return Object.freeze({ calls, retries, balance: this.balance });
  }

  /** @internal */
  override get kind(): string {
    return "RetryBudget";
  }
}

function checkFigure(name: string, value: number, zero: boolean): void {
  const message = `Cannot ${CREATE}: "${name}" must be finite and ${zero ? "not negative" : "positive"}, received ${String(value)}`;
  if (typeof value !== "number") throw new TypeError(message);
  if (!(zero ? value >= 0 : value > 0) || value === Infinity) throw new RangeError(message);
}
