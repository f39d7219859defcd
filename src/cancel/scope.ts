import { checkFunction, checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { spend } from "../internal/budget.ts";
import { runtime, type Timer } from "../internal/runtime.ts";
import { currentNode, within } from "./ambient.ts";
import { now, setTimer } from "./clock.ts";
import { TimeoutError } from "./errors.ts";
import { isOurs } from "./ownership.ts";
import { report } from "./report.ts";
import { checkSignal, nodeOf } from "./signal-hub.ts";
import {
  attach,
  cancelNode,
  detach,
  leaveTree,
  Link,
  Member,
  openNode,
  outerNode,
  ScopeNode,
  sweep,
  type Sweep,
} from "./tree.ts";

/** After this long, a cancelled scope whose function has not ended is reported. */
const STUCK_MS = 1_000;

export interface CancelScopeOptions {
  /** Milliseconds from the start of `run()` to the deadline. */
  timeoutMs?: number;
  /** The deadline itself, on the clock of `now()`. The earlier one counts when both are given. */
  deadline?: number;
  /** Hides outer cancellations, from the ambient scope and from `signal`. */
  shield?: boolean;
  /** Cancels the scope from outside: a scope's signal, or any other. */
  signal?: AbortSignal;
  /** How reports and errors call it. */
  name?: string;
}

/** Something that a scope must not leave open when it ends: an open group of the `await using` form. */
export interface Dependent {
  abandon(): Promise<void>;
}

/**
 * A part of the program that can be cancelled as a whole.
 *
 * All waits made in it, and in the scopes within it, reject once it is cancelled: those that are
 * pending at once, those that come later on entry, again and again (level-triggered). The first
 * reason wins, and a scope never becomes uncancelled. Scopes form a tree: a scope that is not shielded
 * is cancelled with the one around it. The rules follow Trio's cancel scopes.
 *
 * @example
 * ```ts
 * import { CancelScope, sleep } from "corral";
 *
 * const scope = new CancelScope({ name: "poll" });
 * const polling = scope.run(async () => {
 *   for (;;) await sleep(1000);
 * });
 * scope.cancel("enough");
 * await polling.catch((error) => console.log(error.reason)); // "enough"
 * ```
 */
export class CancelScope extends ScopeNode {
  readonly name: string | undefined;
  /** @internal */
  deadlineAt: number;
  /** @internal What was allowed from the start on, for the error. */
  allowedMs: number | undefined;
  /** @internal */
  timer: Timer | undefined = undefined;
  /** @internal Whether the deadline passed while it was open. */
  hasExpired = false;
  /** @internal Set when its own expiry is what cancelled it. */
  timeout: TimeoutError | undefined = undefined;
  /** @internal */
  outside: AbortSignal | undefined;
  /** @internal */
  opened = false;
  /** @internal */
  watch: Timer | undefined = undefined;
  /** @internal */
  dependents: Set<Dependent> | undefined = undefined;
  /** @internal The task whose function runs in it. */
  task: object | undefined = undefined;

  /**
   * @throws {TypeError | RangeError} If an option is not what it should be.
   */
  constructor(options?: CancelScopeOptions) {
    super();
    checkOptions("create a cancel scope", options);
    this.name = options?.name;
    this.deadlineAt = options?.deadline ?? Infinity;
    this.allowedMs = options?.timeoutMs;
    this.shielded = options?.shield === true;
    this.outside = options?.signal;
    checkMs("create a cancel scope", "deadline", this.deadlineAt);
    if (this.allowedMs !== undefined) {
      checkMs("create a cancel scope", "timeoutMs", this.allowedMs);
    }
    if (this.outside !== undefined) checkSignal(this.outside);
  }

  /** The scope that the calling code is in; always `undefined` without ambient scopes. */
  static get current(): CancelScope | undefined {
    const node = currentNode();
    return node?.foreign === undefined ? (node as CancelScope | undefined) : undefined;
  }

  /**
   * Calls `fn` at once with this as the current scope, and ends the scope when what it returned has
   * settled. A scope runs once.
   *
   * @returns What `fn` returns, also when the scope was cancelled meanwhile. When `fn` rejects because
   * of the scope's cancellation: the outer cancellation if there is one, else a TimeoutError if its own
   * deadline passed, else its CancelledError. Any other error passes as it is.
   * @throws {TypeError} If `fn` is no function, or the scope was run before.
   */
  run<T>(fn: (scope: CancelScope) => T | PromiseLike<T>): Promise<T> {
    try {
      checkFunction("run a cancel scope", "fn", fn);
      openScope(this);
    } catch (error) {
      return Promise.reject(error);
    }
    return attempt(this, fn).then(
      (value) => finish(this, false, value),
      (error: unknown) => finish(this, true, failureOf(this, error)),
    ) as Promise<T>;
  }

  /**
   * Cancels it and all that it encloses. Only the first reason counts; later calls do nothing, nor does
   * one after its end. Before `run()`, the first wait in it will reject.
   */
  cancel(reason?: unknown): void {
    if (this.ended) return;
    cancelNode(this, reason);
    watchOver(this);
  }

  /**
   * Aborts when the scope is cancelled, with the CancelledError as its reason. It never aborts because
   * the scope ended, and still follows an outer cancellation after that: a response body that is read
   * after the block stays cancellable.
   */
  get signal(): AbortSignal {
    const controller = (this.controller ??= new AbortController());
    const { signal } = controller;
    if (!runtime.signals.has(signal)) {
      runtime.signals.set(signal, this);
      runtime.controllers.set(signal, controller);
      if (this.error !== undefined) controller.abort(this.error);
      else if (this.ended) handOut(this);
    }
    return signal;
  }

  /** Whether it is cancelled, by itself or from outside. */
  get cancelled(): boolean {
    return this.error !== undefined;
  }

  /** Whether its own deadline passed while it was open, even if something else had cancelled it. */
  get expired(): boolean {
    return this.hasExpired || (this.opened && !this.ended && this.deadlineAt <= now());
  }

  /** What was given to the `cancel()` that reached it first, as it was; `undefined` before. */
  get reason(): unknown {
    return this.error?.reason;
  }

  /** When it expires, on the clock of `now()`; `Infinity` for never. Moving it counts at once. */
  get deadline(): number {
    return this.deadlineAt;
  }

  set deadline(value: number) {
    checkMs("move a deadline", "deadline", value);
    this.deadlineAt = value;
    this.allowedMs = undefined;
    if (this.opened && !this.ended && this.error === undefined) arm(this, value - now());
  }

  /** The least of all deadlines it can see, its own included; `-Infinity` once it is cancelled. */
  get effectiveDeadline(): number {
    if (this.error !== undefined) return -Infinity;
    let least = Infinity;
    const pending: (ScopeNode | undefined)[] = [this];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (!node.ended) least = Math.min(least, (node as CancelScope).deadlineAt ?? Infinity);
      if (node.shielded) continue;
      if (node.link?.owner !== undefined) pending.push(node.link.owner);
      if (node.parent !== undefined) pending.push(node.parent);
    }
    return least;
  }

  /** @throws {CancelledError} If the scope is cancelled. */
  throwIfCancelled(): void {
    if (this.error !== undefined) throw this.error;
  }
}

/** Calls `fn` in the scope; what it throws at once is a rejection too. */
export function attempt<T>(
  scope: CancelScope,
  fn: (scope: never) => T | PromiseLike<T>,
): Promise<T> {
  try {
    const result = within(scope, fn);
    return result instanceof Promise ? result : Promise.resolve(result);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether a cancellation of `outer` always reaches `inner`. */
function covers(outer: ScopeNode, inner: ScopeNode): boolean {
  for (let node: ScopeNode | undefined = inner; node !== undefined; node = node.parent) {
    if (node === outer) return true;
    if (node.shielded) return false;
  }
  return false;
}

/**
 * Puts the scope into the tree, below the ambient scope (or the one given in its place) and below that
 * of its signal.
 */
export function openScope(
  scope: CancelScope,
  ambient: ScopeNode | undefined = currentNode(),
): void {
  if (scope.opened) {
    throw new TypeError(
      `Cannot run a cancel scope: expected one that was never run, received ${
        scope.ended ? "one that has ended" : "one that is running"
      }`,
    );
  }
  scope.opened = true;
  const outside = scope.outside === undefined ? undefined : nodeOf(scope.outside);
  let parent = ambient ?? outside;
  if (ambient !== undefined && outside !== undefined && !covers(outside, ambient)) {
    if (covers(ambient, outside)) parent = outside;
    else attach(outside, (scope.link = new Link(scope)));
  }
  if (parent !== undefined) {
    scope.parent = parent;
    scope.daemon ||= parent.daemon;
    attach(parent, scope);
  }
  const outer = outerNode(scope);
  if (outer !== undefined && scope.error === undefined) sweep(scope, outer.error!);
  const { allowedMs } = scope;
  if (allowedMs === undefined && scope.deadlineAt === Infinity) return;
  const start = now();
  if (allowedMs !== undefined) scope.deadlineAt = Math.min(scope.deadlineAt, start + allowedMs);
  arm(scope, scope.deadlineAt - start);
}

/** Moves a scope, and all within it, below another one. */
export function moveScope(scope: CancelScope, parent: ScopeNode): void {
  leaveTree(scope);
  scope.link = undefined;
  scope.parent = parent;
  attach(parent, scope);
  if (parent.error !== undefined && scope.error === undefined) sweep(scope, parent.error);
}

function arm(scope: CancelScope, ms: number): void {
  scope.timer?.cancel();
  scope.timer = undefined;
  if (ms <= 0) expire(scope);
  else scope.timer = setTimer(ms, expire, scope, scope.daemon ? "daemon" : "live");
}

function expire(scope: CancelScope): void {
  scope.hasExpired = true;
  if (scope.error !== undefined) return;
  // Of nested scopes that expire at the same time the outermost owns the timeout, whichever timer
  // happens to fire first.
  const moment = Math.max(now(), scope.deadlineAt);
  let owner = scope;
  for (let node: ScopeNode = scope; !node.shielded && node.parent !== undefined;) {
    node = node.parent;
    if (!node.ended && (node as CancelScope).deadlineAt <= moment) owner = node as CancelScope;
  }
  owner.hasExpired = true;
  owner.timeout = new TimeoutError(owner.deadlineAt, owner.allowedMs, owner.name);
  cancelNode(owner, owner.timeout);
  watchOver(owner);
}

function watchOver(scope: CancelScope): void {
  if (!scope.opened || scope.ended || scope.watch !== undefined) return;
  scope.watch = setTimer(STUCK_MS, stuck, scope, "passive");
}

function stuck(scope: CancelScope): void {
  const names: string[] = [];
  const nodes: ScopeNode[] = [scope];
  for (let i = 0; i < nodes.length && names.length < 10; i++) {
    let inner = false;
    for (let member = nodes[i]!.first; member !== undefined; member = member.after) {
      if (member instanceof ScopeNode && !member.ended) {
        nodes.push(member);
        inner = true;
      }
    }
    if (!inner) names.push(seen((nodes[i] as CancelScope).name ?? "a scope without a name"));
  }
  report("warning", {
    kind: "stuck",
    message: `${names.join(", ")} has not ended ${STUCK_MS} ms after its cancellation: something it awaits ignores the signal`,
    detail: scope,
  });
}

/** How the scope's opener sees an error with which its work ended. Asked before the scope ends. */
export function failureOf(scope: CancelScope, error: unknown): unknown {
  if (!isOurs(scope, error)) return error;
  const outer = outerNode(scope);
  return outer === undefined ? (scope.timeout ?? scope.error) : outer.refusal;
}

/** Cancels the groups that were left open in the scope; what to wait for, if there are any. */
export function leaveOpenGroups(scope: CancelScope): Promise<unknown> | undefined {
  const { dependents } = scope;
  if (dependents === undefined || dependents.size === 0) return undefined;
  scope.dependents = undefined;
  return Promise.all(Array.from(dependents, (dependent) => dependent.abandon()));
}

/** Ends the scope, and gives its outcome when all that hangs on it has ended too. */
export function finish(scope: CancelScope, failed: boolean, outcome: unknown): unknown {
  const rest = leaveOpenGroups(scope);
  if (rest !== undefined) return rest.then(() => finish(scope, failed, outcome));
  endScope(scope);
  if (failed) throw outcome;
  const hop = spend();
  return hop === undefined ? outcome : hop.then(() => outcome);
}

/**
 * Ends a scope. Stray code that still runs in it is in its nearest open ancestor from now on, unless
 * it ended cancelled. What still waits in it stays within reach of an outer cancellation.
 */
export function endScope(scope: CancelScope): void {
  scope.timer?.cancel();
  scope.watch?.cancel();
  if (scope.deadlineAt !== Infinity && scope.deadlineAt <= now()) scope.hasExpired = true;
  scope.ended = true;
  if (scope.error === undefined) {
    if (scope.controller !== undefined) handOut(scope);
    if (scope.first !== undefined) return;
  }
  leaveTree(scope);
}

let abandoned: FinalizationRegistry<HandedOut> | undefined;

/** A signal that outlives its scope: kept within reach while somebody holds it, and not longer. */
class HandedOut extends Member {
  readonly signal: WeakRef<AbortSignal>;

  constructor(signal: AbortSignal) {
    super();
    this.signal = new WeakRef(signal);
    abandoned ??= new FinalizationRegistry(detach);
    abandoned.register(signal, this);
  }

  override reach(under: Sweep): void {
    const signal = this.signal.deref();
    const controller = signal && runtime.controllers.get(signal);
    if (controller !== undefined) under.controllers.push(controller);
  }
}

function handOut(scope: CancelScope): void {
  const { signal } = scope.controller!;
  scope.controller = undefined;
  const above = scope.owner ?? openNode(scope.parent);
  if (above === undefined) return;
  if (scope.owner === undefined) attach(above, scope);
  attach(scope, new HandedOut(signal));
}
