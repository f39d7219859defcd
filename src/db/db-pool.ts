import {
  CancelScope,
  type MappedStream,
  type Pool,
  type PoolAcquireOptions,
  type PoolCloseOptions,
  type PoolStats,
  type StreamSource,
  type WaitOptions,
} from "../index.ts";
import { checkFunction, checkOptions } from "./arguments.ts";
import { checkDbPool, type DbPoolOptions } from "./db-options.ts";
import type { DbDriver, DbResult, DbRow } from "./driver.ts";
import {
  checkQuery,
  checkTransaction,
  type DbConnection,
  type Handle,
  withoutUndefined,
} from "./handle.ts";
import { checkInsert, type InsertRow } from "./insert.ts";
import { DbLease, giveBack, lend, withRetries } from "./lease.ts";
import { type Holding, Nesting } from "./nesting.ts";
import type { DbQuery, InsertOptions, QueryOptions, TransactionOptions } from "./query-options.ts";
import {
  type DbGathered,
  type DbGatherOptions,
  type DbOutcome,
  type DbStreamOptions,
  gatherQueries,
  streamQueries,
} from "./queries.ts";
import { connectionPool } from "./connection-pool.ts";
import type { Session } from "./session.ts";
import { runTransaction, type TransactionSettings } from "./transaction.ts";

const USUAL_MAX = 10;

type Body<T> = (connection: DbConnection, scope: CancelScope) => T | PromiseLike<T>;

/** Connections to a database, and what is done with them; made by {@link dbPool}. */
export class DbPool implements AsyncDisposable {
  readonly #driver: DbDriver;
  readonly #pool: Pool<Session>;
  readonly #max: number;
  readonly #nesting: Nesting<Handle & Holding>;
  readonly #transactions: TransactionSettings;
  #closed: Promise<void> | undefined = undefined;

  /** @internal */
  constructor(driver: DbDriver, options: DbPoolOptions = {}) {
    checkDbPool(driver, options);
    this.#driver = driver;
    this.#max = options.max ?? Math.min(USUAL_MAX, driver.max ?? USUAL_MAX);
    this.#nesting = new Nesting(options.nested ?? "warn");
    this.#transactions = {
      commitTimeoutMs: options.commitTimeoutMs ?? 30_000,
      rollbackTimeoutMs: options.rollbackTimeoutMs ?? 5_000,
      nesting: this.#nesting,
    };
    this.#pool = connectionPool(driver, this.#max, options, this.#transactions);
  }

  /** How many connections there are, those included that are being made or closed. */
  get size(): number {
    return this.#pool.size;
  }

  /** How many of them nobody uses. */
  get idle(): number {
    return this.#pool.idle;
  }

  /** How many are in use, or being reset. */
  get busy(): number {
    return this.#pool.busy;
  }

  /** How many callers wait for one. */
  get waiting(): number {
    return this.#pool.waiting;
  }

  /** The figures of the connections. */
  stats(): PoolStats {
    return this.#pool.stats();
  }

  /**
   * Runs a statement on any connection, which is free again when the call has ended; see
   * {@link DbConnection.query}.
   *
   * @throws {DatabaseError} If the database refuses it, or is not there.
   * @throws {PoolTimeoutError} If no connection was free in time.
   */
  async query<Row = DbRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<DbResult<Row>> {
    checkQuery(text, params, options);
    const held = this.#nesting.held("query");
    if (held !== undefined) return held.query<Row>(text, params, options);
    const { signal, timeoutMs } = options ?? {};
    const values = withoutUndefined(params);
    const lease = await lend(this.#pool, signal === undefined ? undefined : { signal });
    const session = lease.value;
    try {
      return (await session.run(text, values, { signal, timeoutMs })) as DbResult<Row>;
    } finally {
      await giveBack(lease, session);
    }
  }

  /** Inserts many rows in one transaction: all of them, or none. See {@link DbConnection.insert}. */
  async insert(
    table: string,
    rows: StreamSource<InsertRow>,
    options?: InsertOptions,
  ): Promise<number> {
    checkInsert(table, rows, options);
    const insert = (transaction: DbConnection): Promise<number> =>
      transaction.insert(table, rows, options);
    return this.transaction(insert, { signal: options?.signal, name: "insert" });
  }

  /**
   * Waits for a connection of one's own, in line with all others. One that was granted is the caller's, even if a
   * timeout or an abort comes in the same moment.
   *
   * @throws {DatabaseError} If it cannot connect.
   * @throws {PoolTimeoutError} If no connection was free in time.
   */
  async acquire(options?: PoolAcquireOptions): Promise<DbLease> {
    this.#nesting.held("acquire a connection");
    return new DbLease(await lend(this.#pool, options), this.#transactions);
  }

  /** Calls `fn` with a connection of its own, and gives what it gives, once the connection was given back. */
  async run<T>(fn: Body<T>, options?: PoolAcquireOptions): Promise<T> {
    checkFunction("run", "fn", fn);
    checkOptions("run", options);
    const inScope = (connection: Handle & Holding): Promise<T> =>
      new CancelScope({ name: "run", signal: options?.signal }).run((scope) =>
        this.#nesting.within(connection, () => fn(connection, scope)),
      );
    const held = this.#nesting.held("run");
    if (held !== undefined) return inScope(held);
    await using lease = new DbLease(await lend(this.#pool, options), this.#transactions);
    return await inScope(lease);
  }

  /**
   * Runs a function in a transaction on a connection of its own; see {@link DbConnection.transaction}. The time that
   * is set for it begins when it has the connection. With `retries` it waits in line for another one each time.
   */
  async transaction<T>(fn: Body<T>, options?: TransactionOptions): Promise<T> {
    checkTransaction(fn, options);
    const held = this.#nesting.held("run a transaction");
    if (held !== undefined) return held.transaction(fn, options);
    const settings = this.#transactions;
    return withRetries(options ?? {}, async () => {
      const lease = await lend(this.#pool, { signal: options?.signal });
      const session = lease.value;
      try {
        return await runTransaction(session, fn, options ?? {}, settings, () => void lease.value);
      } finally {
        await giveBack(lease, session);
      }
    });
  }

  /**
   * Runs many queries, `concurrency` of them at a time, and resolves when all have ended.
   *
   * @param queries Any iterable, async iterable or ReadableStream; it is read as fast as the queries are run, and
   * closed on every way out.
   */
  async gather<Row = DbRow>(
    queries: StreamSource<string | DbQuery>,
    options?: DbGatherOptions,
  ): Promise<DbGathered<Row>> {
    const gathered = await gatherQueries(this.#runQuery, queries, options, this.#max);
    return gathered as DbGathered<Row>;
  }

  /**
   * Runs many queries, and gives each result when it is there, or in order. Of the results nobody has taken there are
   * never more than `concurrency`, so that memory stays flat however many queries there are. Leaving the loop ends
   * those that run.
   */
  stream<Row = DbRow>(
    queries: StreamSource<string | DbQuery>,
    options?: DbStreamOptions,
  ): MappedStream<DbOutcome<Row>> {
    const stream = streamQueries(this.#runQuery, queries, options, this.#max);
    return stream as MappedStream<DbOutcome<Row>>;
  }

  /** Waits until there are so many connections, `min` by default, and has them made. */
  warm(count?: number, options?: WaitOptions): Promise<void> {
    return this.#pool.warm(count, options);
  }

  /** Replaces all connections: those that are idle at once, those in use when they come back. */
  expire(): void {
    this.#pool.expire();
  }

  /**
   * Closes the pool: nobody is let in any more, connections are closed as they come back, and when `graceMs` is over
   * (5 s by default), queries that still run are ended on the server, and their connections closed. Then the driver
   * is closed, and with it the database or the driver's own pool that it was made of.
   */
  close(options?: PoolCloseOptions): Promise<void> {
    return this.#closeDriver(async () => {
      try {
        await this.#pool.close(options);
      } catch (cancellation) {
        // Whoever cuts the grace short is told of that, when all has ended, and of nothing that comes later.
        const { closed, size } = this.#pool;
        if (closed && size === 0) await this.#closeDriver(() => undefined).catch(() => {});
        throw cancellation;
      }
    });
  }

  /** As `close()`, which nothing cuts short. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closeDriver(() => this.#pool[Symbol.asyncDispose]());
  }

  /** Closes the driver, once, when its connections are closed. */
  async #closeDriver(closePool: () => Promise<void> | undefined): Promise<void> {
    await closePool();
    await (this.#closed ??= (async () => this.#driver.close?.())());
  }

  readonly #runQuery = (
    text: string,
    params: readonly unknown[] | undefined,
    options: QueryOptions,
  ): Promise<DbResult<unknown>> => this.query(text, params, options);
}

/**
 * Connections to a database, lent one by one: with a wait that is fair, bounded and cancellable, with queries that
 * are ended on the server when they are cancelled or out of time, and with connections that are as good as new for
 * the next one who has them.
 *
 * @param driver What `corral/db/pg`, `postgres`, `mysql2`, `mariadb`, `pglite` or `sqlite` makes.
 * @throws {TypeError | RangeError} If an option is not what it should be.
 */
export function dbPool(driver: DbDriver, options?: DbPoolOptions): DbPool {
  return new DbPool(driver, options);
}
