/**
 * The wait kernel: the one place where a promise, a place in a line and a cancellation meet.
 *
 * A wait is settled once, by a grant or by a cancellation; whichever comes second is a no-op. Both
 * take it out of its line and out of its scope in O(1). What is granted is owned from that moment: a
 * cancellation that comes later in the same tick does not take it away. A primitive keeps its waiters
 * in a {@link WaitQueue}, and has no promise constructor and no listener of its own.
 */
import { deliver, spend } from "../internal/budget.ts";
import { runtime } from "../internal/runtime.ts";
import { currentNode } from "./ambient.ts";
import { checkSignal, nodeOf } from "./signal-hub.ts";
import {
  attach,
  detach,
  ignore,
  quiet,
  Link,
  Member,
  refused,
  type ScopeNode,
  type Sweep,
  type Swept,
} from "./tree.ts";

// Handed over by the executor below, which is shared so that a wait costs no closure of its own.
let resolveFunction: ((value: never) => void) | undefined;
function capture(resolve: (value: never) => void): void {
  resolveFunction = resolve;
}

// Reading the clock is a tenth of a wait. Of waits that begin one after the other in one turn, with
// nothing else between them, the first two read it.
let time: number;
let lastOrder: number | undefined = 0;

function timeOf(order: number): number {
  if (lastOrder !== undefined) {
    time = Math.trunc(runtime.time());
    if (order === lastOrder + 1) {
      lastOrder = undefined;
      queueMicrotask(() => (lastOrder = 0));
    } else lastOrder = order;
  }
  return time;
}

/** Somebody waiting, in at most one line and in at most two places of the scope tree. */
export class Wait<T = unknown> extends Member implements Swept {
  // What the constructor sets is declared only, so that nothing is set twice.
  declare readonly line: WaitQueue<T>;
  previous: Wait<T> | undefined = undefined;
  next: Wait<T> | undefined = undefined;
  pending = true;
  /** What the caller holds; its rejection by a cancellation is nobody's duty to handle. */
  declare promise: Promise<T>;
  declare readonly resolve: (value: T | PromiseLike<T>) => void;
  /** Counts up in the order in which waits begin. */
  declare readonly order: number;
  /** When it began: whole milliseconds, monotonic. */
  declare readonly since: number;
  /** The second place in the tree, when a signal came beside an ambient scope. */
  link: Link | undefined = undefined;
  /** The node whose cancellation has reached it. */
  cause: ScopeNode | undefined = undefined;
  /** What the line's owner keeps with it: a weight, an item, a timer. */
  declare payload: unknown;

  constructor(line: WaitQueue<T>, payload: unknown) {
    super();
    this.line = line;
    this.promise = new Promise<T>(capture as never);
    this.resolve = resolveFunction as (value: T | PromiseLike<T>) => void;
    // Else the last promise, and what it settles with, would be kept until the next wait.
    resolveFunction = undefined;
    this.order = ++runtime.ops;
    this.since = timeOf(this.order);
    this.payload = payload;
  }

  override reach(under: Sweep, node: ScopeNode): void {
    if (this.cause !== undefined) return;
    this.cause = node;
    const { waits } = under;
    if ((waits.at(-1)?.order ?? 0) > this.order) under.sorted = false;
    waits.push(this);
  }

  reject(): void {
    runtime.ops++;
    withdraw(this);
    const node = this.cause!;
    node.rejection ??= refused(node.refusal);
    // Somebody may hold this promise to await it later, and be cancelled before: that must not end
    // the process as an unhandled rejection.
    this.promise.then(undefined, ignore);
    // Keeping a reject function too would make each wait a fifth larger.
    this.resolve(node.rejection);
  }

  leave(): void {
    this.line.onLeave?.(this);
  }

  /** Tells what it was granted, after it has left its line and its scopes. */
  commit(value: T | PromiseLike<T>, _failed: boolean): void {
    deliver(this.resolve, value);
  }
}

/**
 * A line of waits: first come, first served. It knows what is waited for (`kind`: "semaphore",
 * "sleep"; `target`: the primitive or its name), so that a stuck program can be asked.
 */
export class WaitQueue<T = unknown> {
  /**
   * Always there: with no wait at all, a full collection forgets their shape, and the code that was optimized
   * for it: a third to a half of the speed of whoever waits now and then.
   */
  static sample: Wait = new Wait({} as never, 0);

  first: Wait<T> | undefined = undefined;
  last: Wait<T> | undefined = undefined;
  length = 0;
  declare readonly kind: string;
  declare readonly target: unknown;
  /** Called for each wait that a cancellation has taken out, after all it took out have gone. */
  declare readonly onLeave: ((wait: Wait<T>) => void) | undefined;

  constructor(kind: string, target?: unknown, onLeave?: (wait: Wait<T>) => void) {
    this.kind = kind;
    this.target = target;
    this.onLeave = onLeave;
  }
}

/**
 * Where a wait that begins now can be cancelled from: the current scope, else the signal's node.
 *
 * @throws {TypeError} If `signal` is neither `undefined` nor an AbortSignal.
 */
export function placeOf(signal: AbortSignal | undefined): ScopeNode | undefined {
  const node = currentNode();
  if (signal === undefined) return node;
  checkSignal(signal);
  const own = nodeOf(signal);
  return node ?? own;
}

/**
 * The cancel point at which every wait begins, also one for what is there already.
 *
 * @returns A rejected promise when the scope or the signal is cancelled.
 */
export function refusal(
  place: ScopeNode | undefined,
  signal: AbortSignal | undefined,
): Promise<never> | undefined {
  let no: Promise<never> | undefined;
  if (place?.error !== undefined) {
    no = place.rejection ??= refused(place.refusal);
  } else if (signal?.aborted === true) {
    no = refused(signal.reason);
  } else {
    return undefined;
  }
  // A loop that catches everything must not starve the event loop either.
  const hop = spend();
  return hop === undefined ? no : quiet(hop.then(() => no));
}

/** Begins to wait at the end of the line. To be called after {@link refusal} said nothing. */
export function park<T>(
  line: WaitQueue<T>,
  place: ScopeNode | undefined,
  signal: AbortSignal | undefined,
  payload?: unknown,
): Wait<T> {
  const wait = new Wait<T>(line, payload);
  enter(wait, place, signal);
  return wait;
}

/** Puts a new wait at the end of its line, and into the scopes that can cancel it. */
export function enter<T>(
  wait: Wait<T>,
  place: ScopeNode | undefined,
  signal: AbortSignal | undefined,
): void {
  const { line } = wait;
  const last = line.last;
  wait.previous = last;
  line.last = wait;
  if (last === undefined) line.first = wait;
  else last.next = wait;
  line.length++;
  if (place !== undefined) {
    attach(place, wait);
    if (signal !== undefined) {
      const node = nodeOf(signal);
      if (node !== undefined && node !== place) wait.link = new Link(wait, node);
    }
  }
  runtime.watcher?.started(wait);
}

/** Takes a wait out of its line and its scopes. */
export function withdraw<T>(wait: Wait<T>): void {
  const { line, previous, next } = wait;
  wait.pending = false;
  if (previous === undefined) line.first = next;
  else previous.next = next;
  if (next === undefined) line.last = previous;
  else next.previous = previous;
  wait.previous = wait.next = undefined;
  line.length--;
  detach(wait);
  detach(wait.link);
  wait.link = undefined;
  runtime.watcher?.ended(wait);
}

/**
 * Whether a wait is still to be settled. A foreign signal of it may have aborted while its listener has
 * not run yet: then it is cancelled now.
 */
export function isWaiting<T>(wait: Wait<T>): boolean {
  const signal = (wait.link ?? wait).owner?.foreign;
  if (signal?.aborted === true) nodeOf(signal);
  return wait.pending;
}

/**
 * Settles a wait with a value.
 *
 * @returns Whether the wait has the value now; if not, it was cancelled before.
 */
export function grant<T>(wait: Wait<T>, value: T | PromiseLike<T>, failed = false): boolean {
  if (!isWaiting(wait)) return false;
  withdraw(wait);
  wait.commit(value, failed);
  return true;
}

/**
 * Hands a value to the first of the line who can take it.
 *
 * @returns Whether there was one.
 */
export function grantFirst<T>(line: WaitQueue<T>, value: T): boolean {
  for (let wait = line.first; wait !== undefined; wait = line.first) {
    if (grant(wait, value)) return true;
  }
  return false;
}

/** Settles every wait of the line with a value, first come first. */
export function grantAll<T>(line: WaitQueue<T>, value: T | PromiseLike<T>, failed = false): void {
  for (let wait = line.first; wait !== undefined; wait = line.first) grant(wait, value, failed);
}

/** Settles a wait with an error of the primitive's own: it was closed, or cleared. */
export function fail<T>(wait: Wait<T>, error: unknown): boolean {
  if (wait.pending) wait.promise.then(undefined, ignore);
  return grant(wait, refused(error), true);
}
