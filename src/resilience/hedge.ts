import { checkFunction, checkInteger, checkMs } from "../internal/arguments.ts";
import { react } from "../internal/react.ts";
import { callback } from "../cancel/callback.ts";
import { discard } from "../cancel/discard.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { attempt, failureOf, finish, openScope } from "../cancel/scope-life.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { grantAll, park, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";
import { checkName } from "../sync/primitive.ts";
import { Failures } from "../task/failures.ts";
import { pause, pauses, wake } from "./pause.ts";

export interface HedgeOptions<T> {
  /** How long an attempt may take before another one is started beside it. */
  delayMs: number;
  /** How many attempts there are at most, the first one included; 2 by default. */
  max?: number | undefined;
  /** Cancels all from outside. */
  signal?: AbortSignal | undefined;
  /**
   * Gets how an attempt ended that neither won nor was just cancelled: a value that came too late, or a
   * failure beside a success. By default late values are disposed, if they can be; failures go to the
   * diagnostics channel as well.
   */
  onLoser?: ((result: PromiseSettledResult<T>, attempt: number) => unknown) | undefined;
  name?: string | undefined;
}

const HEDGE = "hedge";

/** One call of {@link hedge} under way. */
class Hedging<T> {
  readonly #fn: (scope: CancelScope, attempt: number) => T | PromiseLike<T>;
  readonly #options: HedgeOptions<T>;
  readonly #scope: CancelScope;
  /** Where it waits for the time of the next attempt. */
  readonly #turn: WaitQueue<void>;
  /** Where it waits for attempts that run. */
  readonly #rest: WaitQueue<void>;
  readonly #running = new Set<CancelScope>();
  readonly #failed: { readonly error: unknown; readonly number: number }[] = [];
  /** Failures that have not started another attempt yet. */
  #due = 0;
  #winner: { readonly value: T } | undefined = undefined;
  /** Whether the cancellation of the whole has cut an attempt short, or kept one from its start. */
  #interrupted = false;

  constructor(
    fn: (scope: CancelScope, attempt: number) => T | PromiseLike<T>,
    options: HedgeOptions<T>,
    scope: CancelScope,
  ) {
    this.#fn = fn;
    this.#options = options;
    this.#scope = scope;
    this.#turn = pauses("turn of hedge", options.name);
    this.#rest = new WaitQueue<void>("attempts of hedge", { name: options.name });
  }

  async run(): Promise<T> {
    const { max = 2 } = this.#options;
    this.#launch(1);
    for (let number = 2; number <= max; number++) {
      // What was true when the wait ended may have changed by the time that it is heard of.
      if (!(await this.#isTime()) || !this.#goesOn()) break;
      this.#launch(number);
    }
    // A wait for one's own attempts is not cancelled: the cancellation reaches them, and they end.
    if (this.#running.size > 0) await park(this.#rest, undefined, undefined).promise;
    if (this.#winner !== undefined) return this.#winner.value;
    if (!this.#interrupted) {
      const failures = new Failures();
      for (const { error } of this.#failed) failures.add(error);
      throw failures.error("first");
    }
    for (const { error } of this.#failed) tell(error);
    return this.#scope.throwIfCancelled() as never;
  }

  /** Waits for the time of another attempt. `false` when the wait was cancelled. */
  async #isTime(): Promise<boolean> {
    if (this.#due > 0) {
      this.#due--;
      return true;
    }
    try {
      await pause(this.#turn, this.#options.delayMs, this.#scope, undefined);
      return true;
    } catch {
      // What runs tells whether it was cut short.
      return false;
    }
  }

  #goesOn(): boolean {
    if (this.#winner !== undefined) return false;
    if (!this.#scope.cancelled) return true;
    if (this.#running.size === 0) this.#interrupted = true;
    return false;
  }

  // In a scope of its own, so that a winner's is not cancelled with the losers': what it has returned may
  // still be read from.
  #launch(number: number): void {
    const scope = new CancelScope();
    // Not by a signal of the whole: one that was handed out would listen to that of the caller for long.
    openScope(scope, this.#scope);
    this.#running.add(scope);
    const result = react(
      attempt(scope, () => this.#fn(scope, number)),
      (value) => finish(scope, false, value) as T,
      (error) => finish(scope, true, failureOf(scope, error)) as never,
    );
    void react(
      result,
      (value) => this.#ended(scope, () => this.#succeeded(value, number)),
      (error) => this.#ended(scope, () => this.#rejected(error, number, scope)),
    );
  }

  #ended(scope: CancelScope, tally: () => void): void {
    this.#running.delete(scope);
    tally();
    if (this.#running.size === 0) grantAll(this.#rest, undefined);
  }

  #succeeded(value: T, number: number): void {
    if (this.#winner !== undefined) {
      this.#lost({ status: "fulfilled", value }, number);
      return;
    }
    this.#winner = { value };
    for (const loser of this.#running) loser.cancel(`${HEDGE} is won`);
    for (const { error, number: loser } of this.#failed) this.#failedInVain(error, loser);
    wake(this.#turn);
  }

  #rejected(error: unknown, number: number, scope: CancelScope): void {
    if (this.#winner !== undefined) {
      if (!isOurs(scope, error)) this.#failedInVain(error, number);
    } else if (this.#scope.cancelled && isOurs(scope, error)) {
      this.#interrupted = true;
    } else {
      this.#failed.push({ error, number });
      if (!wake(this.#turn)) this.#due++;
    }
  }

  #failedInVain(error: unknown, number: number): void {
    tell(error);
    this.#lost({ status: "rejected", reason: error }, number);
  }

  #lost(result: PromiseSettledResult<T>, number: number): void {
    const { onLoser } = this.#options;
    if (onLoser !== undefined) callback("onLoser", () => onLoser(result, number));
    else if (result.status === "fulfilled") discard("dispose", result.value, undefined);
  }
}

function tell(failure: unknown): void {
  report("note", {
    kind: "loser-failed",
    message: `An attempt of ${HEDGE}() failed: ${textOf(failure)}`,
    detail: failure,
  });
}

/**
 * Calls `fn`, and calls it again beside the first call when that takes long: whichever succeeds first
 * has won. It makes the slowest of many calls faster, at the cost of some that are made twice.
 *
 * Another attempt is started `delayMs` after the last one was, and at once when one has failed. The
 * losers are cancelled and waited for before the call ends. Each attempt has a scope of its own, so that
 * what the winner returned, a response, can still be read. A cancellation from around reaches all of
 * them, waits for them, and starts no other.
 *
 * @throws The first failure, when all have failed; `failuresOf` tells of the others. The cancellation.
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { hedge, sleep } from "corral";
 *
 * const answer = await hedge(
 *   async (scope, attempt) => {
 *     await sleep(attempt === 1 ? 1_000 : 5, { signal: scope.signal });
 *     return `replica ${attempt}`;
 *   },
 *   { delayMs: 20 },
 * );
 * console.log(answer); // replica 2
 * ```
 */
export async function hedge<T>(
  fn: (scope: CancelScope, attempt: number) => T | PromiseLike<T>,
  options: HedgeOptions<T>,
): Promise<T> {
  checkFunction(HEDGE, "fn", fn);
  const name = checkName(HEDGE, options);
  const { delayMs, max = 2, signal, onLoser } = options ?? {};
  checkMs(HEDGE, "delayMs", delayMs);
  checkInteger(HEDGE, "max", max);
  if (onLoser !== undefined) checkFunction(HEDGE, "onLoser", onLoser);
  if (signal !== undefined) checkSignal(signal);
  const no = refusal(placeOf(signal), signal);
  if (no !== undefined) return no;
  const scope = new CancelScope({ name: name ?? HEDGE, signal });
  return scope.run(() => new Hedging(fn, options, scope).run());
}
