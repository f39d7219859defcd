import {
  cancellable,
  checkpoint,
  CancelScope,
  ClosedError,
  Mutex,
  shield,
  timeout,
} from "../index.ts";
import { DatabaseError } from "./database-error.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import type { DbDriver, DbResult } from "./driver.ts";
import { isPlain, rollsBackTo } from "./plain-statement.ts";
import type { QueryOptions } from "./query-options.ts";
import { type Outcome, QuerySlot } from "./query-slot.ts";
import { queryFailure, resetConnection, rollsBack } from "./driver-calls.ts";
import { report } from "./report.ts";

/** When a connection is reset before the next user has it. */
export type ResetMode = "auto" | "always" | "never";

/** What holds for all connections of a pool. */
export interface SessionSettings {
  readonly driver: DbDriver;
  readonly queryTimeoutMs: number;
  readonly cancelTimeoutMs: number;
  readonly resetTimeoutMs: number;
  readonly reset: ResetMode;
  /** What the user does with each that is new, or as good as new. */
  readonly prepare: ((session: Session, signal: AbortSignal) => Promise<void>) | undefined;
}

/**
 * A connection of the pool: who has it lent asks it one thing after the other.
 *
 * Two rules keep one user's doings from the next one. A query is over when it has settled, and when everything
 * that was asked for to end it has been answered too; a connection of which that cannot be said is broken, and
 * goes. And a connection on which anything has run that may have changed the session is reset.
 */
export class Session {
  readonly dialect: Dialect;
  readonly connection: unknown;
  readonly #settings: SessionSettings;
  readonly #turn: Mutex = new Mutex({ name: "connection" });
  readonly #slot: QuerySlot;
  /** Whether something has run since the last reset that may have changed the session. */
  #changed = false;
  /** What is wrong with it. */
  #broken: unknown = undefined;
  /** Whether a transaction of the pool's own is open, as far as it knows. */
  transacting = false;
  /** What has ended the life of the transaction that is open, though not the transaction. */
  #failed: unknown = undefined;

  constructor(connection: unknown, settings: SessionSettings) {
    this.connection = connection;
    this.#settings = settings;
    this.dialect = dialectOf(settings.driver.dialect);
    this.#slot = new QuerySlot(settings.driver, connection, settings.cancelTimeoutMs);
  }

  get driver(): DbDriver {
    return this.#settings.driver;
  }

  /** Why it cannot be used any more. */
  get broken(): unknown {
    if (this.#broken === undefined && this.driver.isOpen?.(this.connection) === false) {
      this.#broken = this.#lost("use a connection");
    }
    return this.#broken ?? this.#slot.stuck;
  }

  /** Whether something may have changed since the last reset. */
  get changed(): boolean {
    if (this.#slot.interrupted) return true;
    if (this.#settings.reset === "never") return false;
    return (
      this.#changed ||
      this.#settings.reset === "always" ||
      this.driver.inTransaction?.(this.connection) === true
    );
  }

  /** The error for which nothing more can be done in the open transaction, up to its last savepoint. */
  get failed(): unknown {
    return this.#failed;
  }

  /** Forgets it: a transaction or a savepoint begins, or has been rolled back to. */
  heal(): void {
    this.#failed = undefined;
  }

  /** Says that it cannot be used any more. */
  spoil(why: unknown): void {
    this.#broken ??= why;
  }

  /** Notes that something may run on it that is not seen here. */
  touch(): void {
    this.#changed = true;
  }

  /**
   * Runs a statement, when those before have ended.
   *
   * @param check Throws if its user may not use it any more; asked when its turn has come.
   */
  run(
    text: string,
    params: readonly unknown[],
    options: QueryOptions,
    check?: () => void,
  ): Promise<DbResult<unknown>> {
    const start = (): Promise<DbResult<unknown>> =>
      this.driver.query(this.connection, text, params);
    const result = this.exclusively(text, start, options, check);
    if (isPlain(text)) return result;
    this.#changed = true;
    if (!rollsBackTo(text)) return result;
    return result.then((value) => {
      this.heal();
      return value;
    });
  }

  /** Runs a statement of the pool's own, which leaves the session as it was once all is over. */
  async command(text: string, options: QueryOptions, sent?: () => void): Promise<void> {
    const start = (): Promise<unknown> => {
      sent?.();
      return this.driver.query(this.connection, text, []);
    };
    await this.exclusively(text, start, options);
  }

  /** Runs something else of the driver's as a query, under the same rules. */
  async exclusively<T>(
    text: string,
    start: () => Promise<T>,
    options: QueryOptions,
    check?: () => void,
  ): Promise<T> {
    const { signal, timeoutMs = this.#settings.queryTimeoutMs } = options;
    const permit =
      this.#turn.tryAcquire() ??
      (await this.#turn.acquire(signal === undefined ? undefined : { signal }));
    try {
      if (timeoutMs === Infinity) return await this.#execute(text, start, signal, check);
      const within = (scope: CancelScope): Promise<T> => {
        // Its signal costs something, and is needed only where the scope does not travel by itself.
        const own = CancelScope.current === scope ? undefined : scope.signal;
        return this.#execute(text, start, own, check);
      };
      return await timeout(timeoutMs, within, { signal, name: "query" });
    } finally {
      permit.release();
    }
  }

  async #execute<T>(
    text: string,
    start: () => Promise<T>,
    signal: AbortSignal | undefined,
    check: (() => void) | undefined,
  ): Promise<T> {
    const wait = signal === undefined ? undefined : { signal };
    const hop = checkpoint(wait);
    if (hop !== undefined) await hop;
    // Its user may have let go of the connection meanwhile.
    check?.();
    if (this.broken !== undefined) throw this.#lost("query", text);
    const work = this.#slot.begin(start);
    let outcome: Outcome<T>;
    // Where nothing can cancel it, there is nothing to look out for.
    if (signal === undefined && CancelScope.current === undefined) {
      outcome = await work;
    } else {
      try {
        outcome = await cancellable(work, wait);
      } catch (cancellation) {
        const { ran, failure } = await this.#slot.interrupt(work);
        // In a transaction it counts as what the server has refused.
        if (ran && this.dialect.failsWhole) this.#failed ??= cancellation;
        if (failure !== undefined) this.#noteFailure(failure.error);
        throw cancellation;
      }
    }
    // Also if it has a value: some databases call half of a result a success.
    if (this.#slot.wasLeft(work)) {
      throw new ClosedError("Cannot query: the connection was given back while the query ran");
    }
    if ("value" in outcome) return outcome.value;
    this.#noteFailure(outcome.error);
    throw this.#failure(text, outcome.error);
  }

  #noteFailure(error: unknown): void {
    const { connection, driver, dialect, transacting } = this;
    if (dialect.failsWhole || rollsBack(driver, connection, error, transacting)) {
      this.#failed ??= error;
    }
  }

  #failure(text: string, cause: unknown): DatabaseError {
    const error = queryFailure(this.driver, this.connection, text, cause);
    if (error.kind === "connection") this.#broken ??= error;
    return error;
  }

  #lost(action: string, text?: string): DatabaseError {
    const cause = this.#broken ?? this.#slot.stuck ?? new Error("the connection is closed");
    return new DatabaseError(action, { kind: "connection", driver: this.driver.name, text, cause });
  }

  /** Ends the query that runs, if one does: nobody waits for it who may still have it. */
  leave(): Promise<void> | undefined {
    return this.#slot.leave();
  }

  /** Has it prepared by the user, for whom it is as new. */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.#settings.prepare?.(this, signal);
    this.#changed = false;
  }

  /** Makes it as good as new for the next one who has it; if that fails, it is broken. */
  async renew(): Promise<void> {
    try {
      await shield(({ signal }) => this.#reset(signal), {
        timeoutMs: this.#settings.resetTimeoutMs,
        name: "reset",
      });
    } catch (error) {
      this.#broken ??= error;
      report(
        "warning",
        "failed-reset",
        `A connection of ${this.driver.name} could not be reset, and is closed: ${String(error)}`,
        error,
      );
    }
  }

  async #reset(signal: AbortSignal): Promise<void> {
    await resetConnection(this.driver, this.connection, signal);
    this.#failed = undefined;
    this.#slot.interrupted = false;
    await this.prepare(signal);
  }

  /** Closes it, whatever it does. What runs is ended first: servers go on when only the connection is gone. */
  async close(signal: AbortSignal): Promise<void> {
    const { driver, connection } = this;
    if (driver.cancel !== undefined && driver.isOpen?.(connection) !== false) await this.leave();
    this.#broken ??= new Error("the connection is closed");
    await cancellable(Promise.resolve(driver.disconnect(connection)), { signal });
  }
}
