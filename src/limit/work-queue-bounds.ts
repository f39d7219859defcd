import { setTimer } from "../cancel/clock.ts";
import { TimeoutError } from "../cancel/errors.ts";
import type { Section } from "../cancel/section.ts";
import { refused } from "../cancel/tree.ts";
import { fail, grant, type Wait } from "../cancel/wait.ts";
import { QueueFullError } from "./queue-full-error.ts";
import { type Ranked, RankHeap } from "./work-queue-heap.ts";
import type { WorkJob } from "./work-queue-job.ts";
import type { WorkSettings } from "./work-queue-options.ts";

/** A job that waits, where the one that would begin last comes first. */
interface Last extends Ranked {
  readonly job: WorkJob;
}

/** How many jobs may wait, and how long. */
export class WaitBounds {
  readonly #section: Section;
  readonly #settings: WorkSettings;
  readonly #target: { readonly name: string | undefined };
  readonly #lowest: RankHeap<Last> | undefined;

  constructor(
    section: Section,
    settings: WorkSettings,
    target: { readonly name: string | undefined },
  ) {
    this.#section = section;
    this.#settings = settings;
    this.#target = target;
    if (settings.overflow === "dropLowest") this.#lowest = new RankHeap();
  }

  /** A job that came last begins to wait. */
  joined(job: WorkJob, maxWaitMs: number): void {
    // Before it takes the place of another that can wait.
    if (maxWaitMs <= 0) {
      this.#expire(job, maxWaitMs);
      return;
    }
    if (this.#lowest !== undefined) {
      const last: Last = { key: -job.key, order: -job.order, index: -1, job };
      job.last = last;
      this.#lowest.push(last);
    }
    const { capacity } = this.#settings;
    if (this.#section.line.length > capacity) this.#makeRoom(job, capacity);
    const wait = job.wait!;
    if (maxWaitMs === Infinity || !wait.pending) return;
    const kind = wait.owner?.daemon === true ? "daemon" : "live";
    job.timer = setTimer(maxWaitMs, (late) => this.#expire(late, maxWaitMs), job, kind);
  }

  /** A job waits no more. */
  left(job: WorkJob): void {
    if (job.last !== undefined) this.#lowest?.remove(job.last as Last);
    job.timer?.cancel();
    job.timer = undefined;
  }

  #makeRoom(job: WorkJob, capacity: number): void {
    const { overflow } = this.#settings;
    if (overflow === "wait") return;
    const error = new QueueFullError(capacity, this.#target.name);
    if (overflow === "reject") {
      this.#refuse(job.wait!, error);
      return;
    }
    const { line } = this.#section;
    const dropped = overflow === "dropOldest" ? line.first! : this.#lowest!.first!.job.wait!;
    // Whoever is dropped for another has nobody to answer to: no duty to handle it.
    if (fail(dropped, error)) this.#section.left(dropped);
  }

  #expire(job: WorkJob, maxWaitMs: number): void {
    const error = new TimeoutError(job.since + maxWaitMs, maxWaitMs, job.name);
    const name = job.name === "" ? "a job" : JSON.stringify(job.name);
    error.message = `Cannot begin ${name}: it has waited for ${maxWaitMs} ms`;
    this.#refuse(job.wait!, error);
  }

  /** As a failure of the job, which is to be handled. */
  #refuse(wait: Wait, error: unknown): void {
    if (grant(wait, refused(error), true)) this.#section.left(wait);
  }
}
