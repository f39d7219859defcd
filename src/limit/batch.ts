import { react } from "../internal/react.ts";
import { detached } from "../cancel/ambient.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grantAll, isWaiting, park, Wait, WaitQueue } from "../cancel/wait.ts";

/**
 * One call, and those whom it serves. Each of them can be cancelled alone, and none of them takes the
 * others along: the call runs in a scope of its own.
 */
export class Batch<A extends unknown[], R> {
  readonly line: WaitQueue<R>;
  readonly #fn: (...args: A) => R | PromiseLike<R>;
  /** Opens when the call is due; a promise alone, in no line and no scope. */
  readonly #gate: Wait<void>;
  /** In whose async context the call is made: the latest. */
  #runner: Wait<R> | undefined = undefined;
  #scope: CancelScope | undefined = undefined;
  #result: Promise<R> | undefined = undefined;
  #settled = false;

  /** @param onLeft Called when all have left. */
  constructor(
    kind: string,
    fn: (...args: A) => R | PromiseLike<R>,
    onLeft: (batch: Batch<A, R>) => void,
  ) {
    this.#fn = fn;
    this.line = new WaitQueue<R>(kind, fn, () => {
      if (this.line.length === 0) onLeft(this);
    });
    this.#gate = new Wait<void>(this.line as never, undefined);
  }

  /** Waits for the call; if it is to come, it will be made with these arguments unless others follow. */
  join(place: ScopeNode | undefined, signal: AbortSignal | undefined, args: A): Promise<R> {
    const wait = park(this.line, place, signal, args);
    if (this.#settled) grantAll(this.line, this.#result!);
    else if (this.#result === undefined) {
      // A promise reaction runs in the async context in which it was made: the caller's.
      void this.#gate.promise.then(() => {
        if (this.#runner !== wait) return;
        if (isWaiting(wait) || this.line.length > 0) this.run(args);
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
  run(args: A): void {
    const fn = this.#fn;
    const scope = (this.#scope = new CancelScope({ name: fn.name || undefined }));
    const tell = (): void => {
      this.#settled = true;
      grantAll(this.line, result);
    };
    const result = (this.#result = detached(() => scope.run(() => fn(...args))));
    void react(result, tell, (error: unknown) => {
      if (this.line.length === 0 && error !== scope.error) {
        const message = `A call that nobody waited for any more rejected: ${textOf(error)}`;
        report("note", { kind: "late-rejection", message, detail: error });
      }
      tell();
    });
  }
}
