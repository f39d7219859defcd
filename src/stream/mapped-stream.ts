/// <reference lib="esnext.disposable" preserve="true" />
import { ready, rejected } from "../internal/budget.ts";
import { react } from "../internal/react.ts";
import { currentNode, detached, within } from "../cancel/ambient.ts";
import { DeadlockError } from "../cancel/errors.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import { attempt, failureOf, finish, openScope } from "../cancel/scope-life.ts";
import { ignore, openNode, quiet, refused, type ScopeNode } from "../cancel/tree.ts";
import { enter, grant, grantAll, placeOf, refusal } from "../cancel/wait.ts";
import { TaskGroup } from "../task/task-group.ts";
import type { Each } from "./each.ts";
import { closeSource, type Source } from "./source.ts";
import { ResultReader, ResultReaders } from "./result-reader.ts";
import { Supply, type SupplyOptions } from "./supply.ts";

const OVER = { value: undefined, done: true } as const;

interface Failure {
  readonly error: unknown;
}

/** The results of calls that run ahead of their reader, but not far; see {@link mapStream}. */
export class MappedStream<R> implements AsyncIterableIterator<R, undefined>, AsyncDisposable {
  readonly #name: string;
  readonly #signal: AbortSignal | undefined;
  readonly #each: Each<unknown, unknown>;
  /** Where it belongs: the scope in which it was made. */
  readonly #home: ScopeNode | undefined = currentNode();
  /** The scope of the calls. */
  readonly #calls: CancelScope;
  // Of no type of their own: a stream of strings is one of anything.
  readonly #readers: ResultReaders<unknown>;
  readonly #supply: Supply<unknown, unknown, unknown>;
  /** `new` → `reading` → `left` → `over`; each but the last may be left out. */
  #state: "new" | "reading" | "left" | "over" = "new";
  // Opened by the first read: a stream that nobody reads is no work.
  #group: TaskGroup | undefined = undefined;
  #ending: Promise<void> | undefined = undefined;
  /** What has failed, until somebody was told. */
  #failure: Failure | undefined = undefined;
  /** The cancellation from outside that has ended it, until it is left. */
  #cancellation: Failure | undefined = undefined;
  /** Whether a refused reader waits for the end, and is told then. */
  #refused = false;

  /** @internal */
  constructor(
    name: string,
    source: Source<unknown>,
    each: Each<never, unknown>,
    signal: AbortSignal | undefined,
    options: SupplyOptions<never, never, R>,
  ) {
    this.#name = name;
    this.#signal = signal;
    this.#each = each as Each<unknown, unknown>;
    this.#calls = new CancelScope({ name });
    this.#readers = new ResultReaders(name, (no) => this.#refuse(no));
    this.#supply = new Supply(source, this.#each, this.#calls, this.#readers, options as never);
  }

  /**
   * The next result. The first call begins the reading. Several calls at once are served in their order,
   * and a reader that is cancelled takes nothing: what it waited for, the next call gets.
   *
   * @throws The failure that has ended the stream, once, when all calls have ended and the source is
   * closed; what was ready before it failed is given first. Ended by a cancellation, that: each time, until
   * it is left.
   * @throws {DeadlockError} If one of the calls asks for it (known with ambient scopes only).
   */
  next(): Promise<IteratorResult<R, undefined>> {
    try {
      this.#checkOutside("read");
      if (this.#state === "over") return this.#last();
      const place = placeOf(this.#signal);
      const no = refusal(place, this.#signal);
      if (no !== undefined) {
        // Its source has to be closed, though nothing was read.
        if (this.#state === "new" && this.#isCancelled()) this.#begin();
        return quiet(this.#refuse(no));
      }
      if (this.#state === "new") this.#begin();
      if (this.#state === "reading") {
        const result = this.#supply.take();
        if (result !== undefined) return ready(result as IteratorYieldResult<R>);
      }
      const wait = new ResultReader<unknown>(this.#readers, undefined);
      enter(wait, place, this.#signal);
      this.#supply.stir();
      return wait.promise as Promise<IteratorResult<R, undefined>>;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Cancels the calls, waits until they have ended, closes the source and drops the results that nobody
   * has taken. `break` in a loop calls it.
   *
   * @throws What has failed that no reader was told.
   */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this[Symbol.asyncDispose]();
    return OVER;
  }

  /** Does what `return()` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#checkOutside("leave");
    if (this.#state === "new") {
      this.#state = "over";
      this.#ending = closeSource(this.#supply.source).catch((error: unknown) => {
        this.#failure = { error };
      });
    } else if (this.#state === "reading") {
      this.#state = "left";
      this.#group!.cancel("the stream was left");
    }
    await this.#ending;
    this.#cancellation = undefined;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #checkOutside(action: string): void {
    const calls = this.#calls;
    let node = calls.opened && !calls.ended ? currentNode() : undefined;
    while (node !== undefined && node !== calls) node = node.parent;
    if (node === undefined) return;
    throw new DeadlockError(
      `Cannot ${action} a stream: expected a caller outside the calls that it makes, received one of them`,
    );
  }

  #isCancelled(): boolean {
    return openNode(this.#home)?.error !== undefined || this.#signal?.aborted === true;
  }

  #begin(): void {
    this.#state = "reading";
    const open = (): TaskGroup => new TaskGroup({ name: this.#name, signal: this.#signal });
    const home = this.#home;
    const group = (this.#group = home === undefined ? detached(open) : within(home, open));
    const task = group.spawn(({ scope }) => this.#run(scope), { name: this.#name });
    // In no scope: whoever has begun it may be cancelled without it.
    this.#ending = detached(() => task.wait())
      .then(ignore, ignore)
      .then(() => group[Symbol.asyncDispose]())
      .then(ignore, ignore)
      .then(() => this.#end());
  }

  /** All that goes on in it, until all is read. */
  async #run(scope: CancelScope): Promise<void> {
    const calls = this.#calls;
    openScope(calls, scope);
    const reading = react(
      attempt(calls, () => this.#supply.run()),
      (value) => finish(calls, false, value),
      (error) => finish(calls, true, failureOf(calls, error)),
    );
    let cut: Failure | undefined = await reading.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const failure = this.#each.failure();
    try {
      await this.#supply.emptied(scope, failure !== undefined || cut !== undefined);
    } catch (error) {
      cut ??= { error };
    }
    this.#supply.drop();
    // Cancelled by one of the calls, it has failed.
    const cancelled = cut !== undefined && isOurs(scope, cut.error);
    this.#failure = failure ?? (cancelled ? undefined : cut);
    if (cancelled && this.#state !== "left") {
      const group = this.#group!.scope;
      this.#cancellation = { error: failureOf(group, group.error) };
    }
    // The group is told, too: it may be left open, and then nobody else is.
    const outcome = this.#failure ?? cut;
    if (outcome !== undefined) throw outcome.error;
  }

  #end(): void {
    const left = this.#state === "left";
    this.#state = "over";
    const outcome = left ? undefined : this.#failure;
    const readers = this.#readers;
    while (outcome !== undefined && readers.first !== undefined) {
      if (!grant(readers.first, refused(outcome.error), true)) continue;
      this.#failure = undefined;
      break;
    }
    const cancellation = left ? undefined : this.#cancellation;
    if (cancellation === undefined) grantAll(readers, OVER);
    while (readers.first !== undefined) grant(readers.first, refused(cancellation!.error), true);
    const failure = this.#failure;
    if (failure === undefined || left || this.#refused || this.#cancellation !== undefined) return;
    report("warning", {
      kind: "lost-failure",
      message: `${this.#name} has failed, and nobody reads it: ${textOf(failure.error)}`,
      detail: failure.error,
    });
  }

  /** What a reader gets who comes after the end. */
  #last(): Promise<IteratorResult<R, undefined>> {
    const outcome = this.#failure ?? this.#cancellation;
    this.#failure = undefined;
    return outcome === undefined ? ready(OVER) : rejected(outcome.error);
  }

  /** The refusal of a reader: at once, or when the stream has ended that is cancelled with it. */
  #refuse(no: Promise<never>): Promise<never> {
    if (this.#ending === undefined || this.#group?.scope.cancelled !== true) return no;
    this.#refused = true;
    return this.#ending.then(() => {
      // A failure is never hidden by a cancellation.
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) throw failure.error;
      return no;
    });
  }
}
