import type { CancelScope, StreamSource } from "../index.ts";
import {
  checkCount,
  checkFunction,
  checkMs,
  checkOptions,
  checkWord,
  misuse,
} from "./arguments.ts";
import type { DbResult, DbRow } from "./driver.ts";
import { checkInsert, insertRows, type InsertRow } from "./insert.ts";
import { mortal } from "./mortal.ts";
import type { InsertOptions, QueryOptions, TransactionOptions } from "./query-options.ts";
import type { Session } from "./session.ts";

/** What queries are sent through: a lease, or a transaction. */
export interface DbConnection {
  /**
   * Runs a statement, when those before it on this connection have ended.
   *
   * When it is cancelled, or its time is over, the server is told to end it, and the call rejects when it has.
   * Cancelled at the moment of its success, it may have done its work.
   *
   * @typeParam Row What the caller knows of the rows; it is not checked.
   * @param params What the placeholders of the statement stand for: `$1` in PostgreSQL, `?` elsewhere.
   * @throws {DatabaseError} If the database refuses it, or is not there.
   */
  query<Row = DbRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<DbResult<Row>>;
  /**
   * Inserts many rows, in statements of many, or in the driver's own faster way. The source is read as fast as the
   * rows go in, and closed on every way out.
   *
   * @param table A name as it is in the database, with a dot after its schema.
   * @param rows Objects with a value for each column, or arrays with `columns`.
   * @returns How many rows were inserted.
   */
  insert(table: string, rows: StreamSource<InsertRow>, options?: InsertOptions): Promise<number>;
  /**
   * Runs a function in a transaction, which is committed when it has returned, and rolled back when it throws or is
   * cancelled. In a transaction it is a savepoint.
   *
   * A cancellation that is visible when the function returns still rolls back. The COMMIT itself is out of its reach:
   * the call resolves if and only if the transaction was committed, unless the connection is lost meanwhile.
   */
  transaction<T>(
    fn: (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /**
   * The driver's own connection, for what only it can do. It ends with this one, and what was done through it is
   * undone by a reset. What runs on it is not cancelled, and must have ended before anything else is asked.
   */
  readonly native: object;
}

const ISOLATIONS = ["read uncommitted", "read committed", "repeatable read", "serializable"];

/** @throws {TypeError | RangeError} If an argument is not what it should be. */
export function checkQuery(text: unknown, params: unknown, options: unknown): void {
  if (typeof text !== "string") misuse("query", "text", "a string", text);
  if (params !== undefined && !Array.isArray(params)) misuse("query", "params", "an array", params);
  if (options === undefined) return;
  checkOptions("query", options);
  checkMs("query", "timeoutMs", (options as QueryOptions).timeoutMs);
}

/** @throws {TypeError | RangeError} If an argument is not what it should be. */
export function checkTransaction(fn: unknown, options: TransactionOptions | undefined): void {
  const action = "run a transaction";
  checkFunction(action, "fn", fn);
  checkOptions(action, options);
  checkMs(action, "timeoutMs", options?.timeoutMs);
  checkWord(action, "isolation", options?.isolation, ISOLATIONS);
  if (options?.readOnly !== undefined && typeof options.readOnly !== "boolean") {
    misuse(action, "readOnly", "a boolean", options.readOnly);
  }
  if (options?.retries !== 0) checkCount(action, "retries", options?.retries);
}

const NONE: readonly unknown[] = [];

/** The drivers do not all take it for NULL. */
export function withoutUndefined(params: readonly unknown[] | undefined): readonly unknown[] {
  if (params === undefined) return NONE;
  return params.includes(undefined) ? params.map((value) => value ?? null) : params;
}

/** What a lease and a transaction have in common. */
export abstract class Handle implements DbConnection {
  /** @internal */
  protected readonly session: Session;
  /** @internal What its queries belong to, without a signal of their own. */
  protected readonly signal: AbortSignal | undefined;

  /** @internal */
  constructor(session: Session, signal: AbortSignal | undefined) {
    this.session = session;
    this.signal = signal;
  }

  /** @internal Throws if it must not be used. */
  abstract check(action: string): void;

  async query<Row = DbRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<DbResult<Row>> {
    checkQuery(text, params, options);
    this.check("query");
    const { signal = this.signal, timeoutMs } = options ?? {};
    const values = withoutUndefined(params);
    const check = (): void => this.check("query");
    const result = await this.session.run(text, values, { signal, timeoutMs }, check);
    return result as DbResult<Row>;
  }

  async insert(
    table: string,
    rows: StreamSource<InsertRow>,
    options?: InsertOptions,
  ): Promise<number> {
    checkInsert(table, rows, options);
    this.check("insert rows");
    const signal = options?.signal ?? this.signal;
    const check = (): void => this.check("insert rows");
    return insertRows(this.session, table, rows, { ...options, signal }, check);
  }

  abstract transaction<T>(
    fn: (transaction: DbConnection, scope: CancelScope) => T | PromiseLike<T>,
    options?: TransactionOptions,
  ): Promise<T>;

  get native(): object {
    this.check("use a connection");
    this.session.touch();
    const { driver, connection } = this.session;
    const native = driver.native?.(connection) ?? (connection as object);
    return mortal(native, () => this.check("use a connection"));
  }
}
