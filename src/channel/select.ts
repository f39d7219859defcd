import { checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import { sleepClause, type WaitOptions } from "../cancel/sleep.ts";
import { enter, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";
import type { CapacityLimiter, TryBorrowOptions } from "../sync/capacity-limiter.ts";
import type { AsyncEvent } from "../sync/event.ts";
import type { Latch } from "../sync/latch.ts";
import type { Lock } from "../sync/lock.ts";
import type { Permit } from "../sync/permit.ts";
import type { Semaphore, TryAcquireOptions } from "../sync/semaphore.ts";
import type { Task } from "../task/task.ts";
import type { Subscription } from "./broadcast.ts";
import { Candidate } from "./candidate.ts";
import type { Queue } from "./queue.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";
import type { WatchReader } from "./watch.ts";

/** Clauses by name. One that is `undefined` is left out, so that a loop can drop what has ended. */
export type Clauses = Readonly<Record<string, Clause<unknown> | undefined>>;

type ValueOf<C> = C extends Clause<infer T> ? T : never;

/** The clause that was chosen, by its name, and what it gave. */
export type Selected<C extends Clauses> = {
  [K in keyof C]-?: { readonly key: K; readonly value: ValueOf<C[K]> };
}[keyof C];

export interface SelectOptions extends WaitOptions {
  /** Prefers the clause that is named first when several are ready; by default chance decides. */
  biased?: boolean | undefined;
}

const SELECT = "select";

function entriesOf(clauses: Clauses): [string, Clause<unknown>][] {
  if (typeof clauses !== "object" || clauses === null) {
    throw new TypeError(`Cannot ${SELECT}: "clauses" must be an object, received ${seen(clauses)}`);
  }
  const entries: [string, Clause<unknown>][] = [];
  for (const [key, clause] of Object.entries(clauses)) {
    if (clause === undefined) continue;
    if (!((clause as Partial<Clause<unknown>> | null)?.line instanceof WaitQueue)) {
      throw new TypeError(`Cannot ${SELECT}: "${key}" must be a clause, received ${seen(clause)}`);
    }
    entries.push([key, clause]);
  }
  if (entries.length === 0) {
    throw new RangeError(`Cannot ${SELECT}: "clauses" must name at least one, received none`);
  }
  return entries;
}

function shuffle(entries: unknown[]): void {
  for (let i = entries.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [entries[i], entries[j]] = [entries[j], entries[i]];
  }
}

function takeOne(
  entries: [string, Clause<unknown>][],
  options: SelectOptions | undefined,
): { readonly key: string; readonly value: unknown } | undefined {
  if (options?.biased !== true) shuffle(entries);
  for (const [key, clause] of entries) {
    const found = clause.take();
    if (found !== undefined) return { key, value: found.value };
  }
  return undefined;
}

/**
 * Waits for several things, and does exactly one of them: the first that can be done. The others have
 * done nothing then: no item is taken or sent, no lock acquired, and nobody waits in any line.
 *
 * When several can be done at once, chance decides, or their order if `biased`. A clause whose channel is
 * closed, or whose task has failed, makes the whole reject with that error. An item of a `send` that was
 * not chosen is still its caller's. As Go's `select` statement.
 *
 * @returns The name of the clause and what it gave.
 * @throws {TypeError | RangeError} If a clause is none, or there is none.
 * @example
 * ```ts
 * import { after, channel, recv, select } from "corral";
 *
 * const [sender, receiver] = channel<string>(1);
 * sender.trySend("hello");
 * const chosen = await select({ message: recv(receiver), late: after(1_000) });
 * if (chosen.key === "message") console.log(chosen.value); // hello
 * ```
 */
export function select<C extends Clauses>(
  clauses: C,
  options?: SelectOptions,
): Promise<Selected<C>> {
  try {
    checkOptions(SELECT, options);
    const entries = entriesOf(clauses);
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    const found = takeOne(entries, options);
    if (found !== undefined) return ready(found) as Promise<never>;
    const rivals: Candidate[] = [];
    for (const [key, clause] of entries) {
      const candidate = new Candidate(key, clause, rivals);
      enter(candidate, place, signal);
      clause.begun?.(candidate);
      if (!rivals[0]!.pending) break;
    }
    return rivals[0]!.promise as Promise<never>;
  } catch (error) {
    return rejected(error);
  }
}

/**
 * Does one of several things if one can be done at once; see {@link select}.
 *
 * @returns The name of the clause and what it gave; `undefined` if none can be done now.
 */
export function trySelect<C extends Clauses>(
  clauses: C,
  options?: SelectOptions,
): Selected<C> | undefined {
  checkOptions(SELECT, options);
  return takeOne(entriesOf(clauses), options) as Selected<C> | undefined;
}

function check(name: string, value: unknown, method: string): void {
  if (typeof (value as Record<string, unknown> | null | undefined)?.[method] !== "function") {
    throw new TypeError(
      `Cannot ${SELECT}: "${name}" must be something to wait for, received ${seen(value)}`,
    );
  }
}

function clauseOf<T>(name: string, value: { clause(): Clause<T> }): Clause<T> {
  check(name, value, "clause");
  return value.clause();
}

/** A clause that receives an item: from a channel, a queue, or a subscription. */
export function recv<T>(source: Receiver<T> | Queue<T> | Subscription<T>): Clause<T> {
  return clauseOf("source", source);
}

/** A clause that sends an item to a channel, or puts it into a queue. */
export function send<T>(target: Sender<T> | Queue<T>, item: NoInfer<T>): Clause<void> {
  check("target", target, "offerClause");
  return target.offerClause(item);
}

/** A clause that is chosen after some time, on the current clock; see `sleep()`. */
export function after(ms: number): Clause<void> {
  checkMs(SELECT, "ms", ms);
  return sleepClause(ms);
}

/** A clause that waits for the result of a task; see `Task.wait()`. */
export function join<T>(task: Task<T>): Clause<T> {
  return clauseOf("task", task);
}

/** A clause that acquires a lock: gives its permit. `options` are those of its `acquire()`. */
export function lock(target: Semaphore, options?: TryAcquireOptions): Clause<Permit>;
export function lock(target: CapacityLimiter, options?: TryBorrowOptions): Clause<Permit>;
export function lock<P extends Permit>(target: Lock<P>): Clause<P>;
export function lock(
  target: { clause(options?: object): Clause<Permit> },
  options?: object,
): Clause<Permit> {
  check("target", target, "clause");
  return target.clause(options);
}

/** A clause that waits for something to happen: an event, a latch, a change of a watched value. */
export function when(target: AsyncEvent | Latch | WatchReader<unknown>): Clause<void> {
  return clauseOf("target", target);
}
