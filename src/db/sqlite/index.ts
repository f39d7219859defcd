import { misuse } from "../arguments.ts";
import type { DbDriver, DbResult } from "../driver.ts";
import { sqliteFailure } from "./failure.ts";
import { runStatement, type SqliteDatabase, type SqliteStatement } from "./statement.ts";

export type { SqliteDatabase, SqliteStatement };

export interface SqliteDriverOptions {
  /** Leaves the database that was given open when the driver is closed. */
  keepOpen?: boolean | undefined;
}

/** A connection of the driver. */
export interface SqliteConnection {
  readonly database: SqliteDatabase;
  open: boolean;
}

/** How each library tells whether a transaction is open. */
interface Told {
  /** better-sqlite3, bun:sqlite */
  readonly inTransaction?: boolean;
  /** node:sqlite, later versions */
  readonly isTransaction?: boolean;
}

/**
 * SQLite through `better-sqlite3`, `node:sqlite` or `bun:sqlite`.
 *
 * All three work within the call: nothing else of the process runs while a statement does, so that none can be
 * cancelled once it has begun. A transaction is begun with `BEGIN IMMEDIATE`, unless it is read-only: one that
 * reads first and writes later fails when another has written meanwhile.
 *
 * @param source The database, which the users of the pool then have one after the other. Or a function that opens
 * the same file for each connection; then set a busy timeout of 0, since one that waits stops the process in which
 * the other one would have to go on.
 * @example
 * ```ts no-run
 * import Database from "better-sqlite3";
 * import { dbPool } from "corral/db";
 * import { sqliteDriver } from "corral/db/sqlite";
 *
 * const db = dbPool(sqliteDriver(new Database("shop.db")));
 * ```
 */
export function sqliteDriver(
  source: SqliteDatabase | (() => SqliteDatabase),
  options?: SqliteDriverOptions,
): DbDriver<SqliteConnection> {
  if (typeof source !== "function" && typeof source?.prepare !== "function") {
    misuse("make a driver", "source", "a SQLite database, or a function that opens one", source);
  }
  return new SqliteDriver(source, options?.keepOpen === true);
}

class SqliteDriver implements DbDriver<SqliteConnection> {
  readonly name = "sqlite";
  readonly dialect = "sqlite" as const;
  readonly max: number | undefined;
  readonly failure = sqliteFailure;
  readonly #source: SqliteDatabase | (() => SqliteDatabase);
  readonly #keepOpen: boolean;

  constructor(source: SqliteDatabase | (() => SqliteDatabase), keepOpen: boolean) {
    this.#source = source;
    this.#keepOpen = keepOpen;
    this.max = typeof source === "function" ? undefined : 1;
  }

  async connect(): Promise<SqliteConnection> {
    const source = this.#source;
    return { database: typeof source === "function" ? source() : source, open: true };
  }

  disconnect(connection: SqliteConnection): void {
    connection.open = false;
    // The only one there is stays until the driver is closed.
    if (typeof this.#source === "function") connection.database.close();
    else this.#rollback(connection);
  }

  async query(
    { database }: SqliteConnection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    return runStatement(database, text, params);
  }

  isOpen({ open }: SqliteConnection): boolean {
    return open;
  }

  inTransaction({ database }: SqliteConnection): boolean | undefined {
    const { inTransaction, isTransaction } = database as Told;
    return inTransaction ?? isTransaction;
  }

  async reset(connection: SqliteConnection): Promise<void> {
    const { database } = connection;
    this.#rollback(connection);
    database.exec("PRAGMA query_only = 0");
    // Those that SQLite has made for itself go with what they are for.
    const found =
      "SELECT type, name FROM temp.sqlite_master WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'";
    for (const row of database.prepare(found).all() as { type: string; name: string }[]) {
      database.exec(`DROP ${row.type} IF EXISTS temp."${row.name.replaceAll('"', '""')}"`);
    }
  }

  #rollback(connection: SqliteConnection): void {
    const open = this.inTransaction(connection);
    if (open === false) return;
    try {
      connection.database.exec("ROLLBACK");
    } catch (error) {
      // Some versions do not tell beforehand that there is none.
      if (open === true) throw error;
    }
  }

  native({ database }: SqliteConnection): object {
    return database;
  }

  close(): void {
    if (typeof this.#source !== "function" && !this.#keepOpen) this.#source.close();
  }
}
