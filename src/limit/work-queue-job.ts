import type { Timer } from "../internal/runtime.ts";
import { now } from "../cancel/clock.ts";
import { CancelScope } from "../cancel/scope.ts";
import { attempt, openScope } from "../cancel/scope-life.ts";
import type { Wait } from "../cancel/wait.ts";
import type { Ranked } from "./work-queue-heap.ts";
import type { WorkOptions, WorkSettings } from "./work-queue-options.ts";
import { ageOf, type AgeingTime } from "./work-queue-time.ts";

/** A job that waits or runs. */
export interface WorkInfo {
  readonly name: string;
  readonly priority: number;
  /** How long it has waited, or has run. */
  readonly ageMs: number;
}

/** A function in a work queue, from `add()` to its end. */
export class WorkJob<T = unknown> implements Ranked {
  readonly #fn: (scope: CancelScope) => T | PromiseLike<T>;
  readonly #name: string | undefined;
  readonly priority: number;
  readonly signal: AbortSignal | undefined;
  readonly #timeoutMs: number;
  /**
   * Its priority grows as it waits, and so does that of all others: what is compared of two of them never
   * changes.
   */
  readonly key: number;
  order = 0;
  /** Where it is: among those who wait, or among those who run. */
  index = -1;
  /** Counts up in the order in which jobs begin. */
  start = 0;
  /** When it was let in by the rate of its queue. */
  takenAt = 0;
  /** When it came; once it runs, when it began. */
  since: number = now();
  wait: Wait | undefined = undefined;
  /** Ends its wait. */
  timer: Timer | undefined = undefined;
  /** Its place among those that would begin last, where that is kept. */
  last: Ranked | undefined = undefined;
  scope: CancelScope | undefined = undefined;
  /** What the caller holds. */
  result: Promise<T> | undefined = undefined;

  constructor(
    fn: (scope: CancelScope) => T | PromiseLike<T>,
    settings: WorkSettings,
    time: AgeingTime,
    options: WorkOptions | undefined,
  ) {
    this.#fn = fn;
    this.#name = options?.name;
    // Not a negative zero.
    this.priority = (options?.priority ?? 0) + 0;
    this.signal = options?.signal;
    this.#timeoutMs = options?.timeoutMs ?? settings.timeoutMs;
    this.key = time.of(this.since) / settings.everyMs - this.priority;
  }

  get name(): string {
    if (this.#name !== undefined) return this.#name;
    // A class may have a static member of that name.
    const name: unknown = this.#fn.name;
    return typeof name === "string" ? name : "";
  }

  get info(): WorkInfo {
    const { name, priority, since } = this;
    return Object.freeze({ name, priority, ageMs: ageOf(since) });
  }

  /** Opens its scope, within the current one. */
  open(): CancelScope {
    const timeoutMs = this.#timeoutMs;
    const name = this.#name;
    const { signal } = this;
    const plain = timeoutMs === Infinity && name === undefined && signal === undefined;
    const scope = new CancelScope(plain ? undefined : { timeoutMs, name, signal });
    this.scope = scope;
    openScope(scope);
    return scope;
  }

  /** Calls the function in its scope; what it throws at once is a rejection too. */
  call(): Promise<T> {
    return attempt(this.scope!, this.#fn);
  }

  run(): Promise<T> {
    this.open();
    return this.call();
  }
}
