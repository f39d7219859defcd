import type { DbDriver, DbResult } from "../driver.ts";
import { POSTGRES_RESET } from "../postgres-reset.ts";
import { SharedConnection } from "../shared-connection.ts";
import { postgresFailure } from "../sqlstate.ts";

/** A query of `postgres`, by shape. */
export interface PostgresQuery extends PromiseLike<readonly unknown[]> {
  cancel(): unknown;
  /** What it runs on, once it was sent. */
  readonly state?: unknown;
}

/** A connection that `postgres` has reserved, by shape. */
export interface PostgresReserved {
  unsafe(text: string, params?: never[], options?: { prepare?: boolean }): PostgresQuery;
  release(): void;
}

/** What `postgres()` returns, by shape. */
export interface PostgresSql {
  unsafe(text: string, params?: never[], options?: { prepare?: boolean }): PostgresQuery;
  reserve(): Promise<PostgresReserved>;
  end(options?: { timeout?: number }): Promise<void>;
  readonly options: { readonly max: number; onclose?: unknown };
}

/** A connection of the driver: the only one of its `postgres()`. */
export interface PostgresConnection {
  readonly sql: PostgresSql;
  readonly reserved: PostgresReserved;
  readonly processId: number;
  open: boolean;
  running: PostgresQuery | undefined;
}

interface Tagged extends ReadonlyArray<unknown> {
  readonly count?: number | null;
}

/**
 * PostgreSQL through `postgres` (postgres.js).
 *
 * A query is ended by `query.cancel()`, and by `pg_cancel_backend()` through a further connection if that came
 * too early. After a use that may have left something behind, a connection is reset as `DISCARD ALL` does, but
 * keeps its prepared statements.
 *
 * Each connection is an instance of its own. Those of one instance open themselves again when they are lost, in
 * the middle of a transaction, too, whose rest would then run without it.
 *
 * @param make Makes an instance with `max: 1`.
 * @example
 * ```ts no-run
 * import postgres from "postgres";
 * import { dbPool } from "corral/db";
 * import { postgresDriver } from "corral/db/postgres";
 *
 * const url = "postgres://localhost/shop";
 * const db = dbPool(postgresDriver(() => postgres(url, { max: 1 })), { max: 10 });
 * ```
 */
export function postgresDriver(make: () => PostgresSql): DbDriver<PostgresConnection> {
  // An instance is a function, too.
  if (typeof make !== "function" || "reserve" in make) {
    throw new TypeError(
      'Cannot make a driver: "make" must be a function that makes an instance, as () => postgres(url, { max: 1 })',
    );
  }
  return new PostgresDriver(make);
}

function instance(make: () => PostgresSql): PostgresSql {
  const sql = make();
  if (typeof sql?.reserve !== "function") {
    throw new TypeError('Cannot connect: expected "make" to return an instance of postgres');
  }
  return sql;
}

class PostgresDriver implements DbDriver<PostgresConnection> {
  readonly name = "postgres";
  readonly dialect = "postgres" as const;
  readonly failure = postgresFailure;
  readonly #make: () => PostgresSql;
  readonly #further: SharedConnection<PostgresSql>;

  constructor(make: () => PostgresSql) {
    this.#make = make;
    this.#further = new SharedConnection(
      async () => instance(make),
      (sql) => sql.end({ timeout: 0 }),
    );
  }

  async connect(signal: AbortSignal): Promise<PostgresConnection> {
    const sql = instance(this.#make);
    const stop = (): void => void sql.end({ timeout: 0 }).catch(() => {});
    if (signal.aborted) {
      stop();
      throw signal.reason;
    }
    signal.addEventListener("abort", stop, { once: true });
    let connection: PostgresConnection | undefined;
    let closed = false;
    // Once lost, it must not be asked again: it would write to a socket that is not there.
    const options = sql.options as { onclose?: unknown };
    const tell = options.onclose;
    options.onclose = (id: number): void => {
      closed = true;
      if (connection !== undefined) connection.open = false;
      if (typeof tell === "function") (tell as (id: number) => void)(id);
    };
    try {
      // A reservation does not open a connection with every option that there is; a query does.
      const [row] = await sql.unsafe("SELECT pg_backend_pid() AS id");
      const { id: processId } = row as { id: number };
      const reserved = await sql.reserve();
      connection = { sql, reserved, processId, open: !closed, running: undefined };
      return connection;
    } catch (error) {
      stop();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  async disconnect(connection: PostgresConnection): Promise<void> {
    connection.open = false;
    await connection.sql.end({ timeout: 0 });
  }

  async query(
    connection: PostgresConnection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    // Without parameters it is the simple protocol, which takes several statements at once, too.
    const query =
      params.length === 0
        ? connection.reserved.unsafe(text)
        : connection.reserved.unsafe(text, params as never[], { prepare: true });
    connection.running = query;
    try {
      const found = await query;
      // Of several statements, there is a list of results.
      const several = Array.isArray(found[0]) && "command" in (found[0] as object);
      const result = (several ? found.at(-1) : found) as Tagged;
      return { rows: [...result], rowCount: result.count ?? result.length };
    } finally {
      connection.running = undefined;
    }
  }

  async cancel({ running, processId }: PostgresConnection): Promise<void> {
    // One that has not been sent yet would be dropped, and the driver would wait for its end for ever.
    if (running?.state === null) return;
    // It can be asked once.
    const asked = running?.cancel() as Promise<unknown> | null | undefined;
    if (asked !== undefined && asked !== null) {
      await asked;
      return;
    }
    await this.#further.use(async (sql) => {
      await sql.unsafe(`SELECT pg_cancel_backend(${processId})`);
    });
  }

  isOpen({ open }: PostgresConnection): boolean {
    return open;
  }

  async reset({ reserved }: PostgresConnection): Promise<void> {
    // The driver prints a notice, also that there was no transaction.
    const quiet = "SET client_min_messages = error";
    try {
      await reserved.unsafe(`${quiet}; ROLLBACK; ${quiet}; ${POSTGRES_RESET}`);
    } catch (error) {
      if (postgresFailure(error).kind !== "aborted") throw error;
      await reserved.unsafe("ROLLBACK");
      await reserved.unsafe(POSTGRES_RESET);
    }
  }

  native({ reserved }: PostgresConnection): object {
    return reserved;
  }
}
