export { DatabaseError, type DatabaseErrorDetails } from "./database-error.ts";
export { DbPool, dbPool } from "./db-pool.ts";
export type { DbPoolOptions } from "./db-options.ts";
export type { Isolation } from "./dialect.ts";
export type {
  DbDriver,
  DbErrorKind,
  DbFailure,
  DbResult,
  DbRow,
  DialectName,
  InsertRows,
} from "./driver.ts";
export type { DbConnection } from "./handle.ts";
export type { InsertRow } from "./insert.ts";
export { DbLease } from "./lease.ts";
export type { Nested } from "./nesting.ts";
export type { DbGathered, DbGatherOptions, DbOutcome, DbStreamOptions } from "./queries.ts";
export type {
  DbQuery,
  InsertOptions,
  QueryOptions,
  SavepointOptions,
  TransactionOptions,
} from "./query-options.ts";
export type { ResetMode } from "./session.ts";
