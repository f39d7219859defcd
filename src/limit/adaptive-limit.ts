import { seen } from "../internal/arguments.ts";
import { callback } from "../cancel/callback.ts";
import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { waitOn } from "../sync/wait-on.ts";
import { LagMeter } from "./adaptive-lag.ts";
import {
  type AdaptiveLimitOptions,
  readAdaptiveOptions,
  type Settings,
} from "./adaptive-options.ts";
import { AdaptiveSection, type Ended } from "./adaptive-section.ts";

/** The figures of an adaptive limit. */
export interface AdaptiveLimitStats {
  /** How many calls may run at once. */
  readonly concurrency: number;
  /** How many run. */
  readonly active: number;
  /** How many wait in line. */
  readonly pending: number;
  /** How many calls were cancelled, or have timed out, and have not ended. */
  readonly zombies: number;
  /** How many calls the algorithm was told of. */
  readonly samples: number;
  /** How many of them counted as dropped. */
  readonly dropped: number;
  /** How many of these only because the event loop was late. */
  readonly lagging: number;
}

const RUN = "run under an adaptive limit";

/**
 * Limits how many calls run at once, and finds out itself how many that should be: from how long they
 * take, and from those that are turned away or time out.
 *
 * As {@link limit}: calls begin in the order in which they were made; one that waited begins in the async
 * context of its caller; a place is held until the function has really ended. A lower concurrency comes
 * into force as calls end.
 *
 * A call counts when it has ended, with the time that it ran. One that is cancelled by its caller does not
 * count, whether by a timeout around `run` or otherwise: such a timeout includes the wait in line, so if it
 * counted, a long line would lower the limit and become longer. A timeout belongs into the call, where a
 * TimeoutError counts as a drop. Other rejections count only if `isDrop` says so.
 *
 * It has no timer but that of `lag`, and the limit grows only while at least half of it is used.
 *
 * @example
 * ```ts
 * import { AdaptiveLimit, timeout } from "corral";
 *
 * const server = new AdaptiveLimit({ name: "search" });
 * const load = (path: string) =>
 *   server.run(() =>
 *     timeout(2_000, async ({ signal }) => {
 *       const response = await fetch(`https://example.com/${path}`, { signal });
 *       // A refusal has to be an error to count as a drop.
 *       if (response.status === 503) throw Object.assign(new Error("busy"), { status: 503 });
 *       return response.text();
 *     }),
 *   );
 * console.log(await load("page")); // {"name":"a page"}
 * ```
 */
export class AdaptiveLimit extends Primitive {
  readonly #settings: Settings;
  readonly #section: AdaptiveSection;
  readonly #idle: Parameters<typeof waitOn>[1];
  /** By how much the event loop is late. */
  readonly #lag: (() => number) | undefined;
  /** The limit with its fraction; in force is the integer below. */
  #limit: number;
  #samples = 0;
  #dropped = 0;
  #lagging = 0;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options?: AdaptiveLimitOptions) {
    super("create an adaptive limit", options);
    const settings = readAdaptiveOptions(options);
    const { lag } = settings;
    const meter =
      lag === undefined || lag.measure !== undefined
        ? undefined
        : new LagMeter(lag.thresholdMs, () => this.#section.held > 0);
    this.#settings = settings;
    this.#lag = lag?.measure ?? (meter && (() => meter.read()));
    this.#limit = settings.initial;
    const section = new AdaptiveSection(settings.initial, this, {
      begin: () => meter?.begin(),
      end: (how, rttMs, atMs, inFlight) => this.#end(how, rttMs, atMs, inFlight),
    });
    this.#section = section;
    this.#idle = {
      line: section.calls.idlers,
      take: () => (section.held + section.line.length === 0 ? { value: undefined } : undefined),
    };
  }

  /** How many calls may run at once now. */
  get concurrency(): number {
    return this.#section.total;
  }

  /** How many calls run. */
  get active(): number {
    return this.#section.held;
  }

  /** How many calls wait in line. */
  get pending(): number {
    return this.#section.line.length;
  }

  /**
   * Calls `fn` as soon as there is a place, and gives what it gives.
   *
   * @param options The signal ends the wait in line; a call that has begun is waited for.
   * @throws {ClosedError} If the line was cleared.
   * @throws {DeadlockError} If every place is held by calls that wait for this one.
   * @throws What `fn` throws; the cancellation.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T> {
    return this.#section.run(RUN, fn, options, 1);
  }

  /** Rejects all that wait in line with a ClosedError. Running calls go on. */
  clear(): void {
    this.#section.clear(RUN);
  }

  /** Waits until nothing runs and nothing waits in line. */
  onIdle(options?: WaitOptions): Promise<void> {
    return waitOn(RUN, this.#idle, options);
  }

  override stats(): AdaptiveLimitStats {
    return Object.freeze({
      concurrency: this.concurrency,
      active: this.active,
      pending: this.pending,
      zombies: this.#section.calls.zombies,
      samples: this.#samples,
      dropped: this.#dropped,
      lagging: this.#lagging,
    });
  }

  /** @internal */
  override get kind(): string {
    return "AdaptiveLimit";
  }

  /** Counts a call, before its place goes to the next. */
  #end(how: Ended, rttMs: number, atMs: number, inFlight: number): void {
    if (how === "cancelled") return;
    const failed = how !== "success" && this.#isDrop(how.error);
    if (how !== "success" && !failed) return;
    const lagging = !failed && this.#isLate();
    this.#samples++;
    if (failed || lagging) this.#dropped++;
    if (lagging) this.#lagging++;
    const dropped = failed || lagging;
    const { algorithm, min, max } = this.#settings;
    const limit = this.#limit;
    const next = guarded("update", limit, () => {
      const given: unknown = algorithm.update({ rttMs, atMs, inFlight, dropped, limit });
      if (typeof given === "number" && Number.isFinite(given)) return given;
      throw new TypeError(
        `Cannot change an adaptive limit: "update" must give a finite number, received ${seen(given)}`,
      );
    });
    this.#limit = Math.min(max, Math.max(min, next));
    this.#apply(Math.floor(this.#limit));
  }

  #apply(concurrency: number): void {
    if (concurrency === this.concurrency) return;
    // As no call is heavier than another, none in line has become too heavy.
    this.#section.total = concurrency;
    const { onChange } = this.#settings;
    if (onChange === undefined) return;
    callback("onChange", () => onChange(concurrency));
  }

  #isDrop(error: unknown): boolean {
    return guarded("isDrop", false, () => this.#settings.isDrop(error));
  }

  #isLate(): boolean {
    const lag = this.#lag;
    if (lag === undefined) return false;
    return guarded("lag.measure", 0, lag) > this.#settings.lag!.thresholdMs;
  }
}

/** What a function of the user gives; if it throws, that is reported, and `otherwise` is given. */
function guarded<T>(name: string, otherwise: T, fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    callback(name, () => {
      throw error;
    });
    return otherwise;
  }
}
