import { inspect } from "../internal/inspect.ts";
import { checkFunction, checkMs, checkOptions } from "../internal/arguments.ts";
import { react } from "../internal/react.ts";
import { runtime, type Timer } from "../internal/runtime.ts";
import { currentNode } from "./ambient.ts";
import { now } from "./clock.ts";
import { arm, isPast } from "./deadline.ts";
import type { TimeoutError } from "./errors.ts";
import { handOut } from "./handed-out.ts";
import { attempt, failureOf, finish, openScope } from "./scope-life.ts";
import { checkSignal } from "./signal-hub.ts";
import { watchOver } from "./stuck.ts";
import { cancelNode, ScopeNode, scopeKey } from "./tree.ts";
import { openAbove, reattach } from "./two-parents.ts";

export interface CancelScopeOptions {
  /** Milliseconds from the start of `run()` to the deadline. */
  timeoutMs?: number | undefined;
  /** The deadline itself, on the clock of `now()`. The earlier one counts when both are given. */
  deadline?: number | undefined;
  /** Hides outer cancellations, from the ambient scope and from `signal`. */
  shield?: boolean | undefined;
  /** Cancels the scope from outside: a scope's signal, or any other. */
  signal?: AbortSignal | undefined;
  /** How reports and errors call it. */
  name?: string | undefined;
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
 * await polling.catch((error) => console.log(error.reason)); // enough
 * ```
 */
export class CancelScope extends ScopeNode {
  /** @internal Always there, for the reason that a wait is; see `WaitQueue`. */
  static sample: CancelScope = new CancelScope();

  readonly name: string | undefined;
  /** @internal */
  declare deadlineAt: number;
  /** @internal What was allowed from the start on, for the error. */
  allowedMs: number | undefined;
  /** @internal */
  timer: Timer | undefined = undefined;
  /** @internal The virtual clock that its deadline is on, if any. Those of two clocks do not compare. */
  clock: object | undefined = runtime.clock;
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
  /** @internal Set while it is the scope of a group that the scope around it must not leave open. */
  abandon: (() => Promise<void>) | undefined = undefined;
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
    return react(
      attempt(this, fn),
      (value) => finish(this, false, value),
      (error) => finish(this, true, failureOf(this, error)),
    ) as Promise<T>;
  }

  /**
   * Cancels it and all that it encloses. Only the first reason counts; later calls do nothing, nor does
   * one after its end. Before `run()`, the first wait in it will reject.
   */
  cancel(reason?: unknown): void {
    if (this.ended) return;
    cancelNode(this, reason);
  }

  /** @internal */
  override above(): ScopeNode | undefined {
    return this.link === undefined ? this.parent : openAbove(this);
  }

  /** @internal */
  override occupied(): void {
    reattach(this);
  }

  /** @internal */
  override swept(): void {
    watchOver(this);
  }

  /**
   * Aborts when the scope is cancelled, with the CancelledError as its reason. It never aborts because
   * the scope ended, and still follows an outer cancellation after that: a response body that is read
   * after the block stays cancellable.
   */
  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      Object.defineProperty(this.controller.signal, scopeKey, { value: this });
      if (this.error !== undefined) this.controller.abort(this.error);
      else if (this.ended) handOut(this);
    }
    return this.controller.signal;
  }

  /** Whether it is cancelled, by itself or from outside. */
  get cancelled(): boolean {
    return this.error !== undefined;
  }

  /** Whether its own deadline passed while it was open, even if something else had cancelled it. */
  get expired(): boolean {
    return this.hasExpired || (this.opened && !this.ended && isPast(this));
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
    this.clock = runtime.clock;
    if (this.opened && !this.ended) arm(this, value - now());
  }

  /** The least of all deadlines it can see, its own included; `-Infinity` once it is cancelled. */
  get effectiveDeadline(): number {
    if (this.error !== undefined) return -Infinity;
    let least = Infinity;
    // A set, which is walked while it grows: two parents may have the same ancestors.
    const nodes = new Set<ScopeNode | undefined>([this]);
    for (const node of nodes) {
      if (node === undefined) continue;
      const { deadlineAt, clock } = node as CancelScope;
      const counts = node.foreign === undefined && !node.ended && clock === runtime.clock;
      if (counts) least = Math.min(least, deadlineAt);
      if (!node.shielded) nodes.add(node.parent).add(node.link?.node);
    }
    return least;
  }

  override toString(): string {
    const states = [
      this.cancelled && "cancelled",
      this.shielded && "shielded",
      this.ended && "ended",
    ];
    const state = states.filter(Boolean).join(", ");
    return `CancelScope ${JSON.stringify(this.name ?? "")}${state === "" ? "" : ` (${state})`}`;
  }

  /** @internal For `console.log`. */
  [inspect](): string {
    return this.toString();
  }

  /** @throws {CancelledError} If the scope is cancelled. */
  throwIfCancelled(): void {
    if (this.error !== undefined) throw this.error;
  }
}
