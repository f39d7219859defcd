import type { Isolation } from "./dialect.ts";

export interface QueryOptions {
  /** Ends the query on the server. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** How long the query may run before it is ended on the server, in place of the pool's `queryTimeoutMs`. */
  timeoutMs?: number | undefined;
}

/** A query, to be run by `gather()` or `stream()`. */
export interface DbQuery {
  readonly text: string;
  readonly params?: readonly unknown[] | undefined;
  /** How long it may run; see {@link QueryOptions.timeoutMs}. */
  readonly timeoutMs?: number | undefined;
}

export interface SavepointOptions {
  /** Cancels the function and its queries; what they have done is rolled back. */
  signal?: AbortSignal | undefined;
  /** How long it may take, all in all. */
  timeoutMs?: number | undefined;
  /** How errors and the tree of waits call it. */
  name?: string | undefined;
}

export interface TransactionOptions extends SavepointOptions {
  /** The database's own default without it. SQLite's transactions are always serializable. */
  isolation?: Isolation | undefined;
  /** Whether the database refuses to write in it. */
  readOnly?: boolean | undefined;
  /**
   * How many times it is begun anew after it has met another one: a serialization failure, a deadlock, or a lock
   * it could not get; 0 by default. The function runs again then, so what it does beside the database it does again.
   */
  retries?: number | undefined;
}

export interface InsertOptions {
  /** The columns, in the order of the values; needed for rows that are arrays, else those of the first row. */
  columns?: readonly string[] | undefined;
  /** How many rows are sent at once; 1,000 by default, or fewer where the database takes no more parameters. */
  batchSize?: number | undefined;
  /** Told how many rows are in, after each batch. What it throws is reported. */
  onProgress?: ((inserted: number) => unknown) | undefined;
  signal?: AbortSignal | undefined;
}
