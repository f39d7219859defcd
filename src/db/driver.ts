/** What every database has to do for a pool: one connection at a time, and nothing of the pool's own. */

/** A row, by the names of its columns. */
export type DbRow = Record<string, unknown>;

/** What a statement has given. */
export interface DbResult<Row = DbRow> {
  readonly rows: Row[];
  /** How many rows it has given; of one that gives none, how many it has inserted, changed or deleted. */
  readonly rowCount: number;
  /** The key the database has made for an inserted row, where the driver tells it (MySQL, SQLite). */
  readonly insertId?: number | bigint | undefined;
}

/**
 * What a failure means, whatever the driver calls it:
 *
 * - `serialization`, `deadlock`, `lock`: the transaction met another one; done again, it may succeed;
 * - `unique`, `foreign-key`, `not-null`, `check`: a constraint of the table;
 * - `syntax`: the statement names what is not there, or is none;
 * - `cancelled`: somebody has ended it on the server;
 * - `connection`: the connection was lost, or was never made;
 * - `aborted`: the transaction had failed before;
 * - `other`: anything else.
 */
export type DbErrorKind =
  | "serialization"
  | "deadlock"
  | "lock"
  | "unique"
  | "foreign-key"
  | "not-null"
  | "check"
  | "syntax"
  | "cancelled"
  | "connection"
  | "aborted"
  | "other";

/** What a driver's error is about. */
export interface DbFailure {
  readonly kind: DbErrorKind;
  /** The database's own code: a SQLSTATE (PostgreSQL), a number (MySQL) or a name (SQLite). */
  readonly code?: string | number | undefined;
}

/** How statements are written; see `DbDriver.dialect`. */
export type DialectName = "postgres" | "mysql" | "sqlite";

/** Rows to insert in one go. */
export interface InsertRows {
  /** The quoted name of the table. */
  readonly table: string;
  /** The quoted names of the columns. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * A database driver, as `dbPool()` needs it. Those of `corral/db/pg` and the like are made of these
 * functions, and so can be another one; `corral/db/conformance` has the tests that it must pass.
 *
 * The pool calls one function at a time for a connection, but for `cancel`, which comes while a query
 * runs, and `disconnect`, which may.
 *
 * @typeParam C What stands for a connection.
 */
export interface DbDriver<C = unknown> {
  /** What it is called in messages. */
  readonly name: string;
  readonly dialect: DialectName;
  /** How many connections it can have at most; no limit without it. */
  readonly max?: number | undefined;
  /**
   * Opens a connection. When the signal aborts, nothing of it must be left behind: it rejects, or resolves
   * to a connection that the pool then gives to `disconnect`.
   */
  connect(signal: AbortSignal): Promise<C>;
  /** Closes a connection for good, whatever it is doing. */
  disconnect(connection: C): Promise<void> | void;
  /** Settles when the connection is ready for the next query, and not before. */
  query(connection: C, text: string, params: readonly unknown[]): Promise<DbResult<unknown>>;
  /**
   * Asks the server to end the query that runs, on another way than the connection itself. Resolves when the
   * server has been asked, so that nothing of the request can meet a later query. It is called again, after a
   * while, as long as the query has not settled: a request may come before the query has reached the server.
   */
  cancel?(connection: C, signal: AbortSignal): Promise<void>;
  /** Whether the connection is known to be usable still; asked often, and answered at once. */
  isOpen?(connection: C): boolean;
  /** Whether a transaction is open, where the driver knows it without asking the server. */
  inTransaction?(connection: C): boolean | undefined;
  /**
   * Makes the connection as good as new: no transaction, no session settings, no locks. Without it, a
   * connection that may not be as it was is closed.
   */
  reset?(connection: C): Promise<void>;
  /** What an error of this driver means. */
  failure(error: unknown): DbFailure;
  /** Inserts rows in a faster way than a statement with parameters, and gives their number. */
  insert?(connection: C, rows: InsertRows): Promise<number>;
  /** The driver's own object, for what only it can do; the connection itself without it. */
  native?(connection: C): object;
  /** Frees what is not a connection's own. All connections are closed by then. */
  close?(): Promise<void> | void;
}
