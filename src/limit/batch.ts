import { react } from "../internal/react.ts";
import { detached } from "../cancel/ambient.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { grantAll, isWaiting, park, placeOf, Wait, WaitQueue } from "../cancel/wait.ts";

/** Calls the function as one of the callers wants it to be called. */
export type Call<R> = () => R | PromiseLike<R>;

/**
 * One call, and those whom it serves. Each of them can be cancelled alone, and none of them takes the
 * others along: the call runs in a scope of its own.
 */
export class Batch<R> {
  readonly line: WaitQueue<R>;
  readonly #name: string | undefined;
  readonly #signal: AbortSignal | undefined;
  /** Opens when the call is due; a promise alone, in no line and no scope. */
  readonly #gate: Wait<void>;
  /** In whose async context the call is made: the latest. */
  #runner: Wait<R> | undefined = undefined;
  #scope: CancelScope | undefined = undefined;
  #result: Promise<R> | undefined = undefined;
  #settled = false;

  /**
   * @param signal Cancels those who wait, and the call.
   * @param onLeft Called when all have left.
   */
  constructor(
    kind: string,
    fn: (...args: never) => unknown,
    signal: AbortSignal | undefined,
    onLeft: (batch: Batch<R>) => void,
  ) {
    this.#name = fn.name || undefined;
    this.#signal = signal;
    this.line = new WaitQueue<R>(kind, fn, () => {
      if (this.line.length === 0) onLeft(this);
    });
    this.#gate = new Wait<void>(this.line as never, undefined);
  }

  /** Waits for the call; if it is to come, it will be this one unless others follow. */
  join(call: Call<R>): Promise<R> {
    const wait = park(this.line, placeOf(this.#signal), this.#signal);
    if (this.#settled) grantAll(this.line, this.#result!);
    else if (this.#result === undefined) {
      // A promise reaction runs in the async context in which it was made: the caller's.
      void this.#gate.promise.then(() => {
        if (this.#runner !== wait) return;
        if (isWaiting(wait) || this.line.length > 0) this.run(call);
      });
    }
    return wait.promise;
  }

  /** Cancels the call, if it has begun. */
  abandon(): void {
    this.#scope?.cancel("nobody waits for it any more");
  }

  /** The call is due. */
  open(): void {
    this.#runner = this.line.last;
    this.#gate.commit(undefined, false);
  }

  /** Makes the call. */
  run(call: Call<R>): void {
    const scope = new CancelScope({ name: this.#name, signal: this.#signal });
    this.#scope = scope;
    const tell = (): void => {
      this.#settled = true;
      grantAll(this.line, result);
    };
    const result = (this.#result = detached(() => scope.run(call)));
    void react(result, tell, (error: unknown) => {
      if (this.line.length === 0 && !isOurs(scope, error)) {
        const message = `A call that nobody waited for any more rejected: ${textOf(error)}`;
        report("note", { kind: "late-rejection", message, detail: error });
      }
      tell();
    });
  }
}
