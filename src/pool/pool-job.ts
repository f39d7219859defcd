import { isThenable } from "../internal/arguments.ts";
import { CancelScope } from "../cancel/scope.ts";
import { ignore } from "../cancel/tree.ts";
import type { Errand } from "../cache/home.ts";

/** The scope of a job, which it ends for its pool the moment that it is cancelled. */
class JobScope extends CancelScope {
  readonly #cut: () => void;

  constructor(name: string, timeoutMs: number, cut: () => void) {
    super({ name, timeoutMs });
    this.#cut = cut;
  }

  override swept(): void {
    super.swept();
    this.#cut();
  }
}

/** What a pool hears of a job. Neither throws. */
export interface JobEnd {
  /** The first end: its own, or the cancellation of its scope, be it because its time was over. */
  ended(failed: boolean, outcome: unknown): void;
  /** Its own end, when it was cancelled before. */
  late?(failed: boolean, outcome: unknown): void;
}

/**
 * One call of a function of the user's that makes, looks after or ends a resource: in a scope of its own,
 * for a bounded time, also when the function does not heed its signal. What is over at once is over within
 * `begin()`.
 */
export class Job implements Errand {
  readonly scope: CancelScope;
  readonly #fn: (scope: CancelScope) => unknown;
  readonly #end: JobEnd;
  /** Whether the pool was told of an end. */
  #told = false;
  /** Whether the function has ended. */
  over = false;

  constructor(name: string, timeoutMs: number, fn: (scope: CancelScope) => unknown, end: JobEnd) {
    this.scope = new JobScope(name, timeoutMs, () => this.#cut());
    this.#fn = fn;
    this.#end = end;
  }

  begin(): void {
    // Cancelled before: it does not begin.
    if (this.#told) {
      this.#over(true, this.scope.error);
      return;
    }
    this.scope
      .run((scope) => {
        let result: unknown;
        try {
          result = this.#fn(scope);
        } catch (error) {
          return this.#over(true, error);
        }
        if (!isThenable(result)) return this.#over(false, result);
        return Promise.resolve(result).then(
          (value) => this.#over(false, value),
          (error: unknown) => this.#over(true, error),
        );
      })
      .catch(ignore);
  }

  #cut(): void {
    if (this.#told) return;
    this.#told = true;
    const scope = this.scope;
    this.#end.ended(true, scope.timeout ?? scope.error);
  }

  #over(failed: boolean, outcome: unknown): void {
    this.over = true;
    if (this.#told) {
      this.#end.late?.(failed, outcome);
      return;
    }
    this.#told = true;
    this.#end.ended(failed, outcome);
  }
}
