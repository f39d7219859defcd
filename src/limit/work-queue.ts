import { checkCount, checkFunction, checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { Primitive } from "../sync/primitive.ts";
import { WorkJob, type WorkInfo } from "./work-queue-job.ts";
import {
  checkWork,
  CREATE,
  readSettings,
  type ShutdownOptions,
  type WorkOptions,
  type WorkQueueOptions,
  type WorkSettings,
} from "./work-queue-options.ts";
import { ADD, WorkSection } from "./work-queue-section.ts";
import { ageOf, AgeingTime } from "./work-queue-time.ts";

/** The figures of a work queue. */
export interface WorkQueueStats {
  readonly concurrency: number;
  /** How many places are taken. */
  readonly active: number;
  /** How many jobs wait. */
  readonly size: number;
  /** How many of them wait for a place to wait, since the queue is full. */
  readonly blocked: number;
  /** How many jobs were cancelled, and have not ended. */
  readonly zombies: number;
  /** How long the job has waited that has waited longest; 0 when none waits. */
  readonly oldestMs: number;
  readonly paused: boolean;
  /** Whether it takes no more jobs. */
  readonly closed: boolean;
}

/**
 * Runs jobs, so many at once, the most urgent first.
 *
 * **Order.** The higher the priority the sooner, and of equal ones first come, first served. A priority
 * grows by one for each `ageing.everyMs` that the job has waited, so that none waits for ever. A job that
 * finds a place begins at once; one that has waited begins in the async context of its `add()`. One that
 * was handed its place begins, also when the queue is paused, or something more urgent comes, in that step.
 *
 * **Cancellation.** Each job runs in a scope of its own, within the scope that `add()` was called in. The
 * signal, the timeout, and a shutdown cancel it; `add()` answers, and the place is given back, when it has
 * really ended; see `onTimeout`. A value that it returns in spite of a cancellation is given. What is
 * rejected by a cancellation, by `clear()` or to make room for another, nobody has to handle.
 *
 * Adding a job, and taking one out of the line, cost O(log n) of those who wait.
 *
 * @example
 * ```ts
 * import { sleep, WorkQueue } from "corral";
 *
 * await using queue = new WorkQueue({ concurrency: 1, timeoutMs: 5_000 });
 * const log: string[] = [];
 * const job = (name: string) => () => sleep(1).then(() => log.push(name));
 * void queue.add(job("first"));
 * void queue.add(job("usual"));
 * void queue.add(job("urgent"), { priority: 10 });
 * await queue.onIdle();
 * console.log(log.join()); // first,urgent,usual
 * ```
 */
export class WorkQueue extends Primitive implements AsyncDisposable {
  readonly #settings: WorkSettings;
  readonly #section: WorkSection;
  readonly #time = new AgeingTime();

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: WorkQueueOptions) {
    super(CREATE, options);
    this.#settings = readSettings(options);
    const { concurrency, paused = false } = options;
    this.#section = new WorkSection(concurrency, this.#settings, paused, this);
  }

  /**
   * Calls `fn` with a scope of its own once it is its turn, and gives what it gives.
   *
   * @throws {ClosedError} If the queue is drained or shut down, or was cleared while the job waited.
   * @throws {QueueFullError} If there is no place to wait for it, by the option `overflow`.
   * @throws {TimeoutError} If it has waited for longer than `maxWaitMs`, or has run for longer than
   * `timeoutMs`.
   * @throws {DeadlockError} If a job awaits another one of its own queue, and holds the only place.
   */
  add<T>(fn: (scope: CancelScope) => T | PromiseLike<T>, options?: WorkOptions): Promise<T> {
    try {
      checkFunction(ADD, "fn", fn);
      if (options !== undefined) checkWork(ADD, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.#section.endings.closed) {
        throw new ClosedError(`Cannot ${ADD}: expected an open queue, received one that is closed`);
      }
      const job = new WorkJob(fn, this.#settings, this.#time, options);
      return this.#section.add(job, place, options?.maxWaitMs);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Begins no more jobs until `resume()`. Running ones go on. */
  pause(): void {
    this.#section.paused = true;
    this.#section.handOver();
  }

  /** Goes on after `pause()`. */
  resume(): void {
    this.#section.paused = false;
    this.#section.handOver();
  }

  get isPaused(): boolean {
    return this.#section.paused;
  }

  /** Rejects all jobs that wait with a ClosedError, whose `cause` is the reason. Running ones go on. */
  clear(reason?: unknown): void {
    const cause = reason === undefined ? undefined : { cause: reason };
    this.#section.clear(
      () => new ClosedError("Cannot run a job: the work queue was cleared", cause),
    );
  }

  /** How many jobs run at once. More begin at once; fewer come into force as jobs end. */
  get concurrency(): number {
    return this.#section.total;
  }

  set concurrency(concurrency: number) {
    checkCount("change a work queue", "concurrency", concurrency);
    this.#section.total = concurrency;
  }

  /** How many jobs wait, those included that wait for a place to wait. */
  get size(): number {
    return this.#section.line.length;
  }

  /** How many places are taken. */
  get active(): number {
    return this.#section.held;
  }

  /** How many jobs were cancelled, or have timed out, and have not ended. Costs O(n) of those that run. */
  get zombies(): number {
    return this.#section.zombies;
  }

  /** What runs, in the order in which it began; zombies, too. A frozen list of the moment. */
  running(): readonly WorkInfo[] {
    return Object.freeze(this.#section.begun().map(({ info }) => info));
  }

  /** What waits, in the order in which it would begin now. A frozen list of the moment: O(n log n). */
  waiting(): readonly WorkInfo[] {
    return Object.freeze(this.#section.waiting.sorted().map(({ info }) => info));
  }

  #wait(
    action: string,
    options: WaitOptions | undefined,
    wait: (place: ScopeNode | undefined, signal: AbortSignal | undefined) => Promise<void>,
  ): Promise<void> {
    try {
      checkOptions(action, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      return refusal(place, signal) ?? wait(place, signal);
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Waits until nothing runs and nothing waits. Who awaits the results has heard of them before. Of several
   * who wait for it, each may find what another has added.
   *
   * @throws {DeadlockError} If a job of the queue awaits it, which would wait for itself.
   */
  onIdle(options?: WaitOptions): Promise<void> {
    const action = "wait for an idle work queue";
    return this.#wait(action, options, (place, signal) =>
      this.#section.endings.onIdle(action, place, signal),
    );
  }

  /** Waits until no job waits: see `onSizeLessThan(1)`. */
  onEmpty(options?: WaitOptions): Promise<void> {
    return this.onSizeLessThan(1, options);
  }

  /**
   * Waits until fewer than `n` jobs wait. Of several who wait for that one goes on after the other, and
   * only as long as it still holds: those who add a job each in their turn do not overrun the queue.
   *
   * @throws {TypeError | RangeError} If `n` is no positive integer.
   */
  onSizeLessThan(n: number, options?: WaitOptions): Promise<void> {
    const action = "wait for a work queue";
    return this.#wait(action, options, (place, signal) => {
      checkCount(action, "n", n);
      return this.#section.sizes.wait(n, place, signal);
    });
  }

  /**
   * Takes no more jobs: `add()` rejects with a ClosedError from now on. Waits until all that were added
   * have ended. Cancelling that wait does not open the queue again. A paused queue has to be resumed, or
   * shut down.
   *
   * @throws {DeadlockError} If a job of the queue awaits it, which would wait for itself.
   */
  drain(options?: WaitOptions): Promise<void> {
    const action = "drain a work queue";
    return this.#wait(action, options, (place, signal) => {
      this.#section.endings.closed = true;
      return this.#section.endings.onIdle(action, place, signal);
    });
  }

  /**
   * Takes no more jobs, and gives those that were added `graceMs` to end. Then it rejects those that wait
   * with a ClosedError, cancels those that run, and waits until they have ended. It may be called again:
   * the shortest time of grace counts.
   *
   * It is cleanup: a cancellation of the caller ends the time of grace, and the end is waited for.
   *
   * @throws {TypeError | RangeError} If `graceMs` is no number.
   * @throws {DeadlockError} If a job of the queue awaits it, which would wait for itself. The queue is
   * shut down all the same.
   */
  shutdown(options: ShutdownOptions): Promise<void> {
    try {
      return this.#section.endings.shutdown(options);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Shuts the queue down at once. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown({ graceMs: 0 });
  }

  override stats(): WorkQueueStats {
    const { total, held, line, zombies, paused, endings } = this.#section;
    const size = line.length;
    const oldest = line.first?.payload as WorkJob | undefined;
    return Object.freeze({
      concurrency: total,
      active: held,
      size,
      blocked: Math.max(0, size - this.#settings.capacity),
      zombies,
      oldestMs: oldest === undefined ? 0 : ageOf(oldest.since),
      paused,
      closed: endings.closed,
    });
  }

  /** @internal */
  override get kind(): string {
    return "WorkQueue";
  }
}
