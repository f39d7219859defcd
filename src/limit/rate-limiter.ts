import { checkFunction, checkInteger, checkMs, checkOptions } from "../internal/arguments.ts";
import { passed, spend } from "../internal/budget.ts";
import { callPlainly } from "../internal/react.ts";
import { currentNode } from "../cancel/ambient.ts";
import { now } from "../cancel/clock.ts";
import { deadlineOf } from "../cancel/deadline-of.ts";
import { outOfTime } from "../cancel/out-of-time.ts";
import { nodeOf } from "../cancel/signal-hub.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { ignore, type ScopeNode } from "../cancel/tree.ts";
import { fail, placeOf, refusal, type Wait } from "../cancel/wait.ts";
import { Primitive } from "../sync/primitive.ts";
import { type Beginning, numberOf, RateLine, type Turn } from "./rate-line.ts";
import {
  meterOf,
  mostOf,
  type RateChange,
  type RateKind,
  type RateLimiterOptions,
  rateOf,
} from "./rate-settings.ts";
import { type Reply, retryAfterMs } from "./retry-after.ts";

export interface RateRunOptions extends WaitOptions {
  /** How many it counts for; 1 by default. */
  weight?: number | undefined;
}

export interface ObserveOptions {
  /** The longest pause that a reply may cause; `Infinity` by default. */
  maxMs?: number | undefined;
}

/** A turn taken beforehand; see `RateLimiter.reserve`. */
export interface RateReservation {
  /** How long it was until the turn when it was reserved: 0 for now, `Infinity` for never. */
  readonly waitMs: number;
  /** Gives the turn back, unless its time has passed. */
  cancel(): void;
}

/** The figures of a rate limiter. */
export interface RateLimiterStats {
  readonly limit: number;
  readonly perMs: number;
  /** How many would be let in at once. */
  readonly available: number;
  /** How many wait in line. */
  readonly waiting: number;
  /** How long the pause still lasts, if there is one. */
  readonly pausedMs: number;
}

const ACQUIRE = "acquire from a rate limiter";
const CHANGE = "change a rate limiter";
const CREATE = "create a rate limiter";
const OBSERVE = "observe a reply";
const RUN = "run under a rate limiter";

/** A function that waits for its turn. */
interface Queued extends Beginning {
  readonly fn: () => unknown;
  readonly signal: AbortSignal | undefined;
}

function tooMany(action: string, name: string, most: number, n: number): RangeError {
  return new RangeError(`Cannot ${action}: "${name}" must be at most ${most}, received ${n}`);
}

/**
 * Lets callers in at a rate: so many in so much time.
 *
 * First come, first served: a light caller does not overtake a heavy one. A caller that is cancelled
 * leaves the line and takes nothing, so that those behind move up. One that could not be let in before its
 * deadline is refused at once. All times are those of `now()`: steps of the wall clock change nothing.
 *
 * - `"bucket"`: tokens flow into a bucket evenly, and each caller takes some. What was not used is there
 *   for a burst, of `burst` at most; so a stretch of `perMs` may see `burst` and `limit` more.
 * - `"sliding"`: no stretch of `perMs`, wherever it begins, sees more than `limit`. It remembers what it
 *   let in during the last `perMs`.
 * - `"spaced"`: one every `perMs / limit`, no bursts. A heavy caller is let in like a light one; those
 *   behind wait for all that it takes. Timers are no finer than a millisecond or two: what would be
 *   closer comes in groups of 2 ms, so that the rate is kept.
 *
 * The bucket, its reservations and its deadlines are those of Go's x/time/rate.
 *
 * @example
 * ```ts
 * import { now, RateLimiter } from "corral";
 *
 * const limiter = new RateLimiter({ limit: 2, perMs: 1_000 });
 * const start = now();
 * for (const page of ["first", "second", "third"]) {
 *   await limiter.acquire();
 *   console.log(page, Math.round(now() - start));
 * }
 * // first 0
 * // second 0
 * // third 500
 * ```
 */
export class RateLimiter extends Primitive {
  readonly #kind: RateKind;
  readonly #line: RateLine;
  /** As it was asked for: without one it follows the limit. */
  #burst: number | undefined;

  /**
   * @throws {TypeError | RangeError} If an option is not what it should be. With a `limit` of 0, nobody
   * is let in until it is changed, but for what an explicit `burst` has in store.
   */
  constructor(options: RateLimiterOptions) {
    super(CREATE, options);
    const { kind = "bucket", limit, perMs, burst } = options ?? {};
    const meter = meterOf(CREATE, kind);
    this.#kind = kind;
    this.#burst = burst;
    this.#line = new RateLine(rateOf(CREATE, kind, limit, perMs, burst), meter, this);
  }

  get limit(): number {
    return this.#line.rate.limit;
  }

  get perMs(): number {
    return this.#line.rate.perMs;
  }

  /** How many can be let in at once, at the most: of no use while `limit` is `Infinity`. */
  get burst(): number {
    return this.#line.rate.burst;
  }

  /** How many callers wait in line. */
  get waiting(): number {
    return this.#line.waits.length;
  }

  /** @internal Its line, for a queue that begins its jobs at this rate. */
  get turns(): RateLine {
    return this.#line;
  }

  /**
   * Waits to be let in.
   *
   * @param n For how many at once.
   * @throws {RangeError} If `n` is no positive integer, or more than can ever be let in at once.
   * @throws {TimeoutError} At once, if the turn would not come before the deadline of the scope it waits
   * in, the current one or that of `signal`; nothing is taken then. As it looks at the time of the call: that
   * others in line give up, or that the rate is changed, cannot be known.
   */
  acquire(n = 1, options?: WaitOptions): Promise<void> {
    try {
      this.#check(ACQUIRE, "n", n);
      checkOptions(ACQUIRE, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.#line.enter(n)) return passed();
      return this.#wait(ACQUIRE, place, signal, n).promise as Promise<undefined>;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Is let in if that is possible now, and nobody waits in line.
   *
   * @throws {RangeError} As `acquire()`.
   */
  tryAcquire(n = 1): boolean {
    this.#check(ACQUIRE, "n", n);
    return this.#line.enter(n);
  }

  /**
   * Takes a turn beforehand, at the end of the line, and says when it comes. Nothing waits: the caller
   * sees to it that it goes ahead in its time, or gives the turn back.
   *
   * What is reserved stays: whoever comes later is let in after it, and a change of the rate or a pause
   * does not move it. So there may be more than the rate around it, when that, or a late timer, has held
   * up those who came before. What is given back is for those behind, as far as it was not promised to them for
   * a later time already.
   *
   * @throws {RangeError} As `acquire()`.
   * @example
   * ```ts
   * import { RateLimiter, sleep } from "corral";
   *
   * const limiter = new RateLimiter({ limit: 10, perMs: 1_000, burst: 1 });
   * console.log(limiter.reserve().waitMs); // 0
   * const turn = limiter.reserve();
   * console.log(turn.waitMs); // 100
   * if (turn.waitMs > 1_000) turn.cancel();
   * else await sleep(turn.waitMs);
   * ```
   */
  reserve(n = 1): RateReservation {
    this.#check("reserve from a rate limiter", "n", n);
    const line = this.#line;
    const promised = line.promise(n);
    const waitMs = Math.max(0, promised.at - now());
    return { waitMs, cancel: () => line.revoke(promised) };
  }

  /**
   * Calls `fn` when it is let in, and gives what it gives: at once if that is possible now, else in the
   * async context of its caller. The next are let in at their time, whether or not it has ended.
   *
   * @throws As `acquire()`, and what `fn` throws.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: RateRunOptions): Promise<T> {
    try {
      checkFunction(RUN, "fn", fn);
      checkOptions(RUN, options);
      const weight = options?.weight ?? 1;
      this.#check(RUN, "weight", weight);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.#line.starting === 0 && this.#line.enter(weight)) {
        // The hop is paid after the start, so that the order of starts never depends on the budget.
        const result = callPlainly(fn);
        const hop = spend();
        if (hop === undefined) return result;
        result.catch(ignore);
        return hop.then(() => result);
      }
      const queued: Queued = { fn, weight, signal, at: 0 };
      const wait = this.#wait(RUN, place, signal, queued);
      // A promise reaction runs in the async context in which it was made: the caller's.
      const result = wait.promise.then(RateLimiter.#begin) as Promise<T>;
      wait.promise = result as never;
      return result;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  static #begin(this: void, own: Wait | undefined): unknown {
    const wait = own!;
    const queued = wait.payload as Queued;
    const line = (wait.line.target as RateLimiter).#line;
    line.starting--;
    // Cancelled after it was let in: it does not begin any more, and others have what it took.
    const no = refusal(currentNode(), queued.signal);
    if (no === undefined) return callPlainly(queued.fn);
    line.giveBack(queued);
    wait.promise.then(undefined, ignore);
    return no;
  }

  #check(action: string, name: string, n: number): void {
    checkInteger(action, name, n);
    const most = mostOf(this.#kind, this.#line.rate);
    // While none are let in at all, everybody waits.
    if (n > most && most > 0) throw tooMany(action, name, most, n);
  }

  #wait(
    action: string,
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    turn: Turn,
  ): Wait<Wait | undefined> {
    const own = signal === undefined ? undefined : nodeOf(signal);
    const deadline = Math.min(deadlineOf(place), deadlineOf(own));
    if (deadline < Infinity) {
      const at = this.#line.turnOf(typeof turn === "number" ? turn : turn.weight);
      if (at >= deadline) {
        const error = outOfTime(deadline, [place, own]);
        const [turnMs, deadlineMs] = [at, deadline].map((time) => Math.ceil(time - now()));
        error.message = `Cannot ${action}: the turn is in ${turnMs} ms, and the deadline in ${deadlineMs} ms`;
        throw error;
      }
    }
    return this.#line.wait(place, signal, turn);
  }

  /**
   * Changes the rate; what is not named stays. It counts at once, also for those in line, as far as
   * nobody has reserved before them. What was let in before still counts: a bucket keeps what is
   * missing in it, a window what it has seen.
   *
   * Who waits for more than can be let in now rejects with a RangeError, unless the limit is 0, where all
   * wait.
   *
   * @throws {TypeError | RangeError} If a value is not what the constructor takes.
   */
  configure(change: RateChange): void {
    checkOptions(CHANGE, change);
    const line = this.#line;
    const { limit, perMs } = line.rate;
    const burst = change.burst ?? this.#burst;
    const rate = rateOf(CHANGE, this.#kind, change.limit ?? limit, change.perMs ?? perMs, burst);
    this.#burst = burst;
    const most = mostOf(this.#kind, rate);
    // Found before any is told: that may take others out of the line.
    const impossible: Wait[] = [];
    for (let wait = line.waits.first; wait !== undefined && most > 0; wait = wait.next) {
      if (numberOf(wait) > most) impossible.push(wait);
    }
    for (const wait of impossible) fail(wait, tooMany(ACQUIRE, "n", most, numberOf(wait)));
    line.configure(rate);
  }

  /**
   * Lets nobody in before `time`, on the clock of `now()`. The pause is shared by all; of several, the
   * one that lasts longest counts. What was reserved keeps its time.
   *
   * @throws {TypeError | RangeError} If `time` is no number.
   */
  pauseUntil(time: number): void {
    checkMs("pause a rate limiter", "time", time);
    this.#line.pauseUntil(time);
  }

  /**
   * Pauses for as long as a reply asks for, in `Retry-After` or the headers for rate limits: see
   * `retryAfterMs`. One caller that is told to wait so makes all wait.
   *
   * @returns The reply, so that `limiter.observe(await fetch(url))` can stand for it.
   * @throws {TypeError | RangeError} If `reply` is no object, or `maxMs` no number.
   */
  observe<T extends Reply>(reply: T, options?: ObserveOptions): T {
    checkOptions(OBSERVE, options);
    const maxMs = options?.maxMs ?? Infinity;
    checkMs(OBSERVE, "maxMs", maxMs);
    const ms = Math.min(retryAfterMs(reply), maxMs);
    if (ms > 0) this.pauseUntil(now() + ms);
    return reply;
  }

  override stats(): RateLimiterStats {
    const { limit, perMs, waiting } = this;
    const { room, pausedMs } = this.#line;
    return Object.freeze({ limit, perMs, available: room, waiting, pausedMs });
  }

  /** @internal */
  override get kind(): string {
    return "RateLimiter";
  }
}
