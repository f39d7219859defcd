import { spend } from "../internal/budget.ts";
import { runtime } from "../internal/runtime.ts";
import { currentNode } from "../cancel/ambient.ts";
import { now } from "../cancel/clock.ts";
import { Section } from "../cancel/section.ts";
import type { SlotLine } from "../cancel/slots.ts";
import { ignore, type ScopeNode } from "../cancel/tree.ts";
import { fail, isWaiting, park, refusal, type Wait } from "../cancel/wait.ts";
import { WaitBounds } from "./work-queue-bounds.ts";
import { Endings } from "./work-queue-endings.ts";
import { RankHeap } from "./work-queue-heap.ts";
import type { WorkJob } from "./work-queue-job.ts";
import type { WorkSettings } from "./work-queue-options.ts";
import { RateGate } from "./work-queue-rate.ts";
import { holding, type JobSection, releasing, type RunJob } from "./work-queue-run.ts";
import { SizeLine } from "./work-queue-sizes.ts";

export const ADD = "add to a work queue";

/** The places in which the jobs of a queue run, and those who wait for one. */
export class WorkSection extends Section implements JobSection {
  /** Who waits; whoever begins next comes first. The line has them in the order in which they came. */
  readonly waiting: RankHeap<WorkJob> = new RankHeap();
  /** Who was handed a place and has not ended, in no order. */
  readonly running: WorkJob[] = [];
  readonly sizes: SizeLine;
  readonly endings: Endings;
  paused: boolean;
  readonly #settings: WorkSettings;
  readonly #bounds: WaitBounds;
  readonly #gate: RateGate | undefined;
  readonly #run: RunJob;
  #starts = 0;
  /** What those reject with that were to begin when it was shut down. */
  #shut: (() => Error) | undefined = undefined;

  constructor(
    concurrency: number,
    settings: WorkSettings,
    paused: boolean,
    target: { readonly name: string | undefined },
  ) {
    super(concurrency, "work queue", target);
    this.paused = paused;
    this.#settings = settings;
    this.#run = settings.onTimeout === "hold" ? holding(this) : releasing(this, target);
    this.#bounds = new WaitBounds(this, settings, target);
    this.#gate = settings.rate && new RateGate(settings.rate.turns, () => this.handOver());
    this.sizes = new SizeLine(target, () => this.line.length);
    this.endings = new Endings(this, target);
  }

  get isIdle(): boolean {
    return this.running.length === 0 && this.line.length === 0;
  }

  /** How many were cancelled and run on. */
  get zombies(): number {
    return this.running.filter(({ scope }) => scope?.cancelled === true).length;
  }

  /** What runs, in the order in which it began. */
  begun(): WorkJob[] {
    return [...this.running].sort((a, b) => a.start - b.start);
  }

  /** Runs a job that was checked, once there is a place for it. */
  add<T>(job: WorkJob<T>, place: ScopeNode | undefined, maxWaitMs: number | undefined): Promise<T> {
    if (this.enter()) {
      this.#enlist(job);
      // The hop is paid after the start, so that the order of starts never depends on the budget.
      const result = this.#run(job);
      const hop = spend();
      if (hop === undefined) return (job.result = result);
      result.catch(ignore);
      return (job.result = hop.then(() => result));
    }
    const wait = park(this.line, place, job.signal, job);
    // A promise reaction runs in the async context in which it was made: the caller's.
    const result = wait.promise.then(WorkSection.#begin as never) as Promise<T>;
    wait.promise = job.result = result as never;
    job.wait = wait;
    job.order = wait.order;
    this.waiting.push(job);
    this.handOver();
    if (wait.pending) this.#bounds.joined(job, maxWaitMs ?? this.#settings.maxWaitMs);
    runtime.detector?.waits(ADD, wait);
    return result;
  }

  static #begin(this: void, wait: Wait): unknown {
    const section = (wait.line as SlotLine).slots as WorkSection;
    const job = wait.payload as WorkJob;
    section.begin();
    const error = section.#shut?.();
    const no =
      refusal(currentNode(), job.signal) ?? (error === undefined ? error : Promise.reject(error));
    if (no === undefined) return section.#run(job);
    // Cancelled after the place was handed over: nothing starts any more, and the place goes on.
    section.#gate?.giveBack(job.takenAt);
    section.ended(job);
    section.leave();
    wait.promise.then(undefined, ignore);
    return no;
  }

  override enter(): boolean {
    if (this.paused || !super.enter()) return false;
    if (this.#gate === undefined || this.#gate.take()) return true;
    this.held--;
    return false;
  }

  override next(): Wait | undefined {
    let job = this.waiting.first;
    for (; job !== undefined && !isWaiting(job.wait!); job = this.waiting.first)
      this.#leaveLine(job);
    // Not before: one that is seen to be cancelled just now may have let in another.
    if (job === undefined || this.paused || this.held >= this.total) return undefined;
    return this.#gate?.take() === false ? undefined : job.wait;
  }

  override admit(wait: Wait): undefined {
    const job = wait.payload as WorkJob;
    this.#leaveLine(job);
    this.#enlist(job);
    return undefined;
  }

  override left(wait: Wait): void {
    if (wait.line === this.line) this.#leaveLine(wait.payload as WorkJob);
    super.left(wait);
  }

  override handOver(): void {
    super.handOver();
    this.#gate?.wait(!this.paused && this.held < this.total && this.waiting.size > 0);
    this.sizes.tell();
  }

  override idle(): void {
    if (this.isIdle) this.endings.idle();
  }

  #leaveLine(job: WorkJob): void {
    this.waiting.remove(job);
    this.#bounds.left(job);
  }

  #enlist(job: WorkJob): void {
    job.since = now();
    if (this.#gate !== undefined) job.takenAt = this.#gate.takenAt;
    job.start = this.#starts++;
    job.index = this.running.push(job) - 1;
  }

  /** A job runs no more, whether or not it still had a place. */
  ended(job: WorkJob): void {
    const last = this.running.pop()!;
    if (last !== job) {
      this.running[job.index] = last;
      last.index = job.index;
    }
    job.index = -1;
    if (this.held === 0) this.idle();
  }

  /** Rejects all that wait. */
  clear(error: () => Error): void {
    for (let wait = this.line.first; wait !== undefined; wait = this.line.first) {
      fail(wait, error());
      this.#leaveLine(wait.payload as WorkJob);
    }
    this.handOver();
  }

  /** Rejects all that wait, and cancels all that run. */
  shut(error: () => Error, reason: unknown): void {
    this.#shut = error;
    this.clear(error);
    for (const { scope } of this.begun()) scope?.cancel(reason);
  }
}
