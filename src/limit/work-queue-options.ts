import { checkAmount, checkCount, checkMs, checkOptions, seen } from "../internal/arguments.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { OnTimeout } from "./limit-section.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/**
 * What becomes of a job for which there is no place to wait any more:
 *
 * - `"wait"`: its `add()` waits for one, by the same order: whoever is more urgent still begins first;
 * - `"reject"`: it is rejected with a QueueFullError;
 * - `"dropOldest"`: the one that has waited longest is rejected with a QueueFullError, to make room;
 * - `"dropLowest"`: the one that would begin last is rejected with a QueueFullError, be it the new one.
 */
export type WorkOverflow = "wait" | "reject" | "dropOldest" | "dropLowest";

export interface WorkQueueOptions extends PrimitiveOptions {
  /** How many jobs run at once: a positive integer, or `Infinity`. */
  concurrency: number;
  /**
   * How fast the priority of a job grows while it waits: by one every so many milliseconds, 1000 by
   * default. So a job waits at most `(q - p) * everyMs` longer than one of priority `q` would in its place.
   * `Infinity` switches it off: then a job may wait for ever behind others.
   */
  ageing?: { readonly everyMs: number } | undefined;
  /** How many jobs may wait; `Infinity` by default, 0 for none. */
  capacity?: number | undefined;
  /** What becomes of those for whom there is no place to wait; `"wait"` by default. */
  overflow?: WorkOverflow | undefined;
  /** The longest that a job waits before it begins, where `add()` does not say; no limit by default. */
  maxWaitMs?: number | undefined;
  /** The longest that a job runs, where `add()` does not say; no limit by default. */
  timeoutMs?: number | undefined;
  /**
   * What becomes of the place of a job that was cancelled, as by its timeout, and has not ended. `"hold"`
   * (the default) holds it until the job has really ended, which its caller waits for. `"release"` gives
   * it back at once, and the caller hears at once: then more jobs than `concurrency` may run, and
   * `zombies` says how many. A value that comes too late is dropped, a late rejection goes to the
   * diagnostics channel. A job that waits for its own queue gets no DeadlockError then.
   */
  onTimeout?: OnTimeout | undefined;
  /**
   * At what rate jobs begin: each takes one of it, and one that is cancelled before it begins gives it back.
   * It may be shared with others: the queue has one place in its line, for whoever is next by then.
   */
  rate?: RateLimiter | undefined;
  /** Whether it is made paused. */
  paused?: boolean | undefined;
}

/** How a job is run. */
export interface WorkOptions {
  /** The higher, the sooner; any finite number, 0 by default. */
  priority?: number | undefined;
  /**
   * Cancels the job: in line it leaves at once, running its scope is cancelled, and `add()` rejects
   * with the signal's reason when it has ended.
   */
  signal?: AbortSignal | undefined;
  /** The longest that it runs, in place of the queue's. */
  timeoutMs?: number | undefined;
  /**
   * The longest that it waits before it begins, in place of the queue's. With 0 and less it begins at
   * once or not at all.
   */
  maxWaitMs?: number | undefined;
  /** How `running()`, `waiting()` and errors call it; by default as its function is called. */
  name?: string | undefined;
}

export interface ShutdownOptions {
  /** How long the work may still take. `Infinity` waits for all of it, 0 and less cancels at once. */
  graceMs: number;
  /** What running jobs are cancelled with, and the `cause` of the errors of those that waited. */
  reason?: unknown;
  /** Ends the time of grace. */
  signal?: AbortSignal | undefined;
}

export const CREATE = "create a work queue";
const overflows: unknown[] = ["wait", "reject", "dropOldest", "dropLowest"];

/** The options of a queue, checked and completed. */
export interface WorkSettings {
  readonly everyMs: number;
  readonly capacity: number;
  readonly overflow: WorkOverflow;
  readonly maxWaitMs: number;
  readonly timeoutMs: number;
  readonly onTimeout: OnTimeout;
  readonly rate: RateLimiter | undefined;
}

function mustBe(name: string, what: string, value: unknown): TypeError {
  return new TypeError(`Cannot ${CREATE}: "${name}" must be ${what}, received ${seen(value)}`);
}

function everyMsOf(ageing: unknown): number {
  if (ageing === undefined) return 1_000;
  if (typeof ageing !== "object" || ageing === null) throw mustBe("ageing", "an object", ageing);
  const { everyMs } = ageing as { everyMs: number };
  checkMs(CREATE, "ageing.everyMs", everyMs);
  if (everyMs > 0) return everyMs;
  throw new RangeError(`Cannot ${CREATE}: "ageing.everyMs" must be positive, received ${everyMs}`);
}

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function readSettings(options: WorkQueueOptions): WorkSettings {
  const { concurrency, ageing, rate, paused } = options ?? {};
  const { capacity = Infinity, maxWaitMs = Infinity, timeoutMs = Infinity } = options ?? {};
  const { overflow = "wait", onTimeout = "hold" } = options ?? {};
  checkCount(CREATE, "concurrency", concurrency);
  const everyMs = everyMsOf(ageing);
  checkAmount(CREATE, "capacity", capacity);
  if (!overflows.includes(overflow)) {
    throw mustBe("overflow", '"wait", "reject", "dropOldest" or "dropLowest"', overflow);
  }
  checkMs(CREATE, "maxWaitMs", maxWaitMs);
  checkMs(CREATE, "timeoutMs", timeoutMs);
  if ((onTimeout as unknown) !== "hold" && (onTimeout as unknown) !== "release") {
    throw mustBe("onTimeout", '"hold" or "release"', onTimeout);
  }
  // Not by its class, which a bundle would hold for this alone.
  if (rate !== undefined && (rate as Partial<RateLimiter> | null)?.kind !== "RateLimiter") {
    throw mustBe("rate", "a RateLimiter", rate);
  }
  if (paused !== undefined && typeof paused !== "boolean") {
    throw mustBe("paused", "a boolean", paused);
  }
  return { everyMs, capacity, overflow, maxWaitMs, timeoutMs, onTimeout, rate };
}

/** @throws {TypeError | RangeError} If an option is not what it should be; the signal is not looked at. */
export function checkWork(action: string, options: WorkOptions): void {
  checkOptions(action, options);
  const { priority, timeoutMs, maxWaitMs } = options;
  const name: unknown = options.name;
  if (priority !== undefined && !Number.isFinite(priority)) {
    const message = `Cannot ${action}: "priority" must be a finite number, received ${seen(priority)}`;
    throw typeof priority === "number" ? new RangeError(message) : new TypeError(message);
  }
  if (timeoutMs !== undefined) checkMs(action, "timeoutMs", timeoutMs);
  if (maxWaitMs !== undefined) checkMs(action, "maxWaitMs", maxWaitMs);
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot ${action}: "name" must be a string, received ${seen(name)}`);
  }
}
