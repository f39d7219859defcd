import { runtime } from "../internal/runtime.ts";
import { now } from "../cancel/clock.ts";
import { ClosedError } from "../cancel/errors.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { fail, placeOf, refusal } from "../cancel/wait.ts";
import { Batch } from "./batch.ts";
import { LineTimer } from "./line-timer.ts";

/** A function whose calls serve several callers each; see `debounce` and `throttle`. */
export interface Coalesced<A extends unknown[], R> {
  /** Gives what the call gives that serves this caller. */
  (...args: A): Promise<R>;
  /**
   * Makes the call that is to come now.
   *
   * @returns What it gives; `undefined` if none is to come.
   */
  flush(): Promise<R> | undefined;
  /** Drops the call that is to come: the callers it was to serve reject with a ClosedError. */
  cancel(): void;
  /** How many callers the call that is to come will serve. */
  readonly pending: number;
}

/** Gathers callers until their call is due. */
export class Coalescer<A extends unknown[], R> {
  /** The call that is to come. */
  #batch: Batch<A, R> | undefined = undefined;
  /** The last call that was made at once. */
  #begun: Batch<A, R> | undefined = undefined;
  #due = 0;
  /** No call is made at once before. */
  #restUntil = 0;
  #clock: object | undefined = undefined;
  readonly #timer: LineTimer = new LineTimer((due) => {
    // A later caller may have put it off.
    if (due < this.#due) this.#timer.set(this.#batch!.line, this.#due);
    else this.#serve();
  });
  readonly #kind: string;
  readonly #fn: (...args: A) => R | PromiseLike<R>;
  readonly #restMs: number;
  readonly #signal: AbortSignal | undefined;

  /** After a call that was due, none is made at once for `restMs`. */
  constructor(
    kind: string,
    fn: (...args: A) => R | PromiseLike<R>,
    restMs: number,
    signal: AbortSignal | undefined,
  ) {
    if (signal !== undefined) checkSignal(signal);
    this.#kind = kind;
    this.#fn = fn;
    this.#restMs = restMs;
    this.#signal = signal;
  }

  get pending(): number {
    return this.#batch?.line.length ?? 0;
  }

  get restUntil(): number {
    // The times of another clock, a test's, say nothing about this one's.
    return this.#clock === runtime.clock ? this.#restUntil : 0;
  }

  set restUntil(time: number) {
    this.#clock = runtime.clock;
    this.#restUntil = time;
  }

  /** The function to call; `serve` says how each call of it is served. */
  face(serve: (args: A, time: number) => Promise<R>): Coalesced<A, R> {
    const run = (...args: A): Promise<R> =>
      refusal(placeOf(this.#signal), this.#signal) ?? serve(args, now());
    return Object.defineProperties(run, {
      flush: { value: () => this.#flush() },
      cancel: { value: () => this.#cancel() },
      pending: { get: () => this.pending },
    }) as Coalesced<A, R>;
  }

  /** Makes a call at once. Others may `follow()` it if it is to be kept. */
  begin(args: A, keep: boolean): Promise<R> {
    const batch = new Batch(this.#kind, this.#fn, (it) => {
      if (!keep) it.abandon();
    });
    if (keep) this.#begun = batch;
    const result = this.#join(batch, args);
    batch.run(args);
    return result;
  }

  /** Is served by the last call that was made at once. */
  follow(args: A): Promise<R> {
    return this.#join(this.#begun!, args);
  }

  /** Is served by the call that is to come, at `due`. */
  wait(args: A, due: number): Promise<R> {
    const batch = (this.#batch ??= new Batch(this.#kind, this.#fn, (it) => {
      it.abandon();
      if (it === this.#batch) this.#take();
    }));
    const result = this.#join(batch, args);
    this.#due = due;
    this.#timer.set(batch.line, due);
    return result;
  }

  #join(batch: Batch<A, R>, args: A): Promise<R> {
    return batch.join(placeOf(this.#signal), this.#signal, args);
  }

  #take(): Batch<A, R> | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    this.#timer.clear();
    return batch;
  }

  #serve(): void {
    this.restUntil = Math.max(this.restUntil, now() + this.#restMs);
    this.#take()!.open();
  }

  #flush(): Promise<R> | undefined {
    const promise = this.#batch?.line.last?.promise;
    if (promise !== undefined) this.#serve();
    return promise;
  }

  #cancel(): void {
    const line = this.#take()?.line;
    for (let wait = line?.first; wait !== undefined; wait = line!.first) {
      fail(wait, new ClosedError(`Cannot ${this.#kind}: it was cancelled`));
    }
  }
}
