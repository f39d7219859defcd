import { runtime } from "../internal/runtime.ts";
import { now } from "../cancel/clock.ts";
import { ClosedError } from "../cancel/errors.ts";
import { checkSignal } from "../cancel/signal-hub.ts";
import { fail, placeOf, refusal } from "../cancel/wait.ts";
import { Batch, type Call } from "./batch.ts";
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
  #batch: Batch<R> | undefined = undefined;
  /** The last call that was made at once. */
  #begun: Batch<R> | undefined = undefined;
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
  face(serve: (call: Call<R>, time: number) => Promise<R>): Coalesced<A, R> {
    const fn = this.#fn;
    const signal = this.#signal;
    function run(this: unknown, ...args: A): Promise<R> {
      return refusal(placeOf(signal), signal) ?? serve(() => fn.apply(this, args), now());
    }
    return Object.defineProperties(run, {
      flush: { value: () => this.#flush() },
      cancel: { value: () => this.#cancel() },
      pending: { get: () => this.pending },
    }) as Coalesced<A, R>;
  }

  /** Makes a call at once. Others may `follow()` it if it is to be kept. */
  begin(call: Call<R>, keep: boolean): Promise<R> {
    const batch = this.#open((it) => {
      if (!keep) it.abandon();
    });
    if (keep) this.#begun = batch;
    const result = batch.join(call);
    batch.run(call);
    return result;
  }

  /** Is served by the last call that was made at once. */
  follow(call: Call<R>): Promise<R> {
    return this.#begun!.join(call);
  }

  /** Is served by the call that is to come, at `due`. */
  wait(call: Call<R>, due: number): Promise<R> {
    const batch = (this.#batch ??= this.#open((it) => {
      it.abandon();
      if (it === this.#batch) this.#take();
    }));
    const result = batch.join(call);
    this.#due = due;
    this.#timer.set(batch.line, due);
    return result;
  }

  #open(onLeft: (batch: Batch<R>) => void): Batch<R> {
    return new Batch(this.#kind, this.#fn, this.#signal, onLeft);
  }

  #take(): Batch<R> | undefined {
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
