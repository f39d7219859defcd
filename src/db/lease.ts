import {
  type CancelScope,
  ClosedError,
  exponential,
  type Lease,
  type Pool,
  type PoolAcquireOptions,
  retry,
} from "../index.ts";
import { DatabaseError } from "./database-error.ts";
import { checkTransaction, type DbConnection, Handle } from "./handle.ts";
import type { Holding } from "./nesting.ts";
import type { TransactionOptions } from "./query-options.ts";
import type { Session } from "./session.ts";
import { runTransaction, type TransactionSettings } from "./transaction.ts";

/** Two that have met shall not meet again: the first pause is short, and none is like another. */
const backoff = exponential({ baseMs: 10, maxMs: 1_000 });

/** Calls `attempt` again when its transaction met another one. */
export function withRetries<T>(
  { retries = 0, signal }: TransactionOptions,
  attempt: () => Promise<T>,
): Promise<T> {
  if (retries === 0) return attempt();
  return retry(attempt, {
    attempts: retries + 1,
    backoff,
    retryIf: (error) => error instanceof DatabaseError && error.retryable,
    signal,
    name: "transaction",
  });
}

/** Waits for a connection that is not known to be lost. */
export async function lend(
  pool: Pool<Session>,
  options: PoolAcquireOptions | undefined,
): Promise<Lease<Session>> {
  for (;;) {
    const lease = await pool.acquire(options);
    const { broken } = lease.value;
    if (broken === undefined) return lease;
    await lease.destroy(broken);
  }
}

/** Gives back what was lent: what runs is ended before, what has changed is reset, and what is broken goes. */
export async function giveBack(lease: Lease<Session>, session: Session): Promise<void> {
  const leaving = session.leave();
  if (leaving !== undefined) await leaving;
  if (session.broken === undefined && session.changed) await session.renew();
  await (session.broken === undefined ? lease.release() : lease.destroy(session.broken));
}

/** A connection as those see it to whom it is lent. */
export abstract class Lent extends Handle implements Holding {
  readonly #settings: TransactionSettings;

  constructor(session: Session, settings: TransactionSettings, signal: AbortSignal | undefined) {
    super(session, signal);
    this.#settings = settings;
  }

  /** Whether it is over. */
  abstract get released(): boolean;

  /** @internal */
  override check(action: string): void {
    if (this.released) {
      throw new ClosedError(`Cannot ${action}: the lease of the connection was released`);
    }
  }

  override async transaction<T>(
    fn: (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    checkTransaction(fn, options);
    const signal = options?.signal ?? this.signal;
    return withRetries({ ...options, signal }, async () => {
      this.check("run a transaction");
      const check = (action: string): void => this.check(action);
      return runTransaction(this.session, fn, { ...options, signal }, this.#settings, check);
    });
  }
}

/** A connection as the function sees it that prepares it. */
export class Prepared extends Lent {
  #released = false;

  override get released(): boolean {
    return this.#released;
  }

  end(): void {
    this.#released = true;
  }
}

/**
 * A connection, for as long as it is held: `release()` it, or let `await using` do so. It counts once, and
 * everything that was got through it is over then.
 */
export class DbLease extends Lent implements AsyncDisposable {
  readonly #lease: Lease<Session>;
  #end: Promise<void> | undefined = undefined;

  /** @internal */
  constructor(lease: Lease<Session>, settings: TransactionSettings, signal?: AbortSignal) {
    super(lease.value, settings, signal);
    this.#lease = lease;
  }

  override get released(): boolean {
    return this.#end !== undefined || this.#lease.released;
  }

  /**
   * Gives the connection back. A query that still runs is ended on the server; a transaction that was left open is
   * rolled back, and all that was set for the session is reset. This is no cancel point, and never rejects.
   */
  release(): Promise<void> {
    return (this.#end ??= giveBack(this.#lease, this.session));
  }

  /** Closes the connection in place of giving it back. It never rejects. */
  destroy(reason?: unknown): Promise<void> {
    return (this.#end ??= this.#lease.destroy(reason));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
