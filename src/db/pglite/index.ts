import { misuse } from "../arguments.ts";
import type { DbDriver, DbResult } from "../driver.ts";
import { POSTGRES_RESET } from "../postgres-reset.ts";
import { postgresFailure } from "../sqlstate.ts";

/** What a query of PGlite resolves to. */
export interface PgliteResult {
  readonly rows: unknown[];
  readonly fields: readonly unknown[];
  readonly affectedRows?: number;
}

/** A `PGlite`, by shape. */
export interface PgliteDatabase {
  query(text: string, params?: unknown[]): Promise<PgliteResult>;
  exec(text: string): Promise<PgliteResult[]>;
  close(): Promise<void>;
  readonly closed: boolean;
  readonly waitReady: Promise<void>;
}

export interface PgliteDriverOptions {
  /** Leaves the database open when the driver is closed. */
  keepOpen?: boolean | undefined;
}

/** The connection of the driver: there is only one. */
export interface PgliteConnection {
  readonly database: PgliteDatabase;
}

/**
 * PostgreSQL within the process, through `@electric-sql/pglite`: no server is needed.
 *
 * It has one session, which the users of the pool have one after the other. Nothing else of the process runs while
 * a query does, so that none can be cancelled once it has begun. Closing the pool closes the database.
 *
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { dbPool } from "corral/db";
 * import { pgliteDriver } from "corral/db/pglite";
 *
 * await using db = dbPool(pgliteDriver(new PGlite()));
 * const { rows } = await db.query<{ sum: number }>("SELECT $1::int + 1 AS sum", [41]);
 * console.log(rows[0]?.sum); // 42
 * ```
 */
export function pgliteDriver(
  database: PgliteDatabase,
  options?: PgliteDriverOptions,
): DbDriver<PgliteConnection> {
  if (typeof database?.exec !== "function") {
    misuse("make a driver", "database", "a PGlite", database);
  }
  return new PgliteDriver(database, options?.keepOpen === true);
}

function resultOf(found: PgliteResult | undefined): DbResult<unknown> {
  if (found === undefined) return { rows: [], rowCount: 0 };
  const { rows, fields, affectedRows = 0 } = found;
  return { rows, rowCount: fields.length > 0 ? rows.length : affectedRows };
}

class PgliteDriver implements DbDriver<PgliteConnection> {
  readonly name = "pglite";
  readonly dialect = "postgres" as const;
  readonly max = 1;
  readonly failure = postgresFailure;
  readonly #database: PgliteDatabase;
  readonly #keepOpen: boolean;

  constructor(database: PgliteDatabase, keepOpen: boolean) {
    this.#database = database;
    this.#keepOpen = keepOpen;
  }

  async connect(): Promise<PgliteConnection> {
    await this.#database.waitReady;
    const connection = { database: this.#database };
    // The session is the only one there will ever be: what was before may have left something behind.
    await this.reset(connection);
    return connection;
  }

  disconnect(): void {
    // The session ends with the database.
  }

  async query(
    { database }: PgliteConnection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    // Without parameters, several statements may be there at once.
    if (params.length === 0) return resultOf((await database.exec(text)).at(-1));
    return resultOf(await database.query(text, params as unknown[]));
  }

  isOpen({ database }: PgliteConnection): boolean {
    return !database.closed;
  }

  async reset({ database }: PgliteConnection): Promise<void> {
    await database.exec("ROLLBACK");
    // It keeps no prepared statements of its own.
    await database.exec(`${POSTGRES_RESET}; DEALLOCATE ALL`);
  }

  native({ database }: PgliteConnection): object {
    return database;
  }

  async close(): Promise<void> {
    if (!this.#keepOpen && !this.#database.closed) await this.#database.close();
  }
}
