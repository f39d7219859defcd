import type { DbDriver, DbResult } from "../driver.ts";
import { mayPrepare, POSTGRES_DEALLOCATE, POSTGRES_RESET } from "../postgres-reset.ts";
import { SharedConnection } from "../shared-connection.ts";
import { checkCommitted, postgresFailure } from "../sqlstate.ts";

/** A query of `postgres`, by shape. */
export interface PostgresQuery extends PromiseLike<readonly unknown[]> {
  /** What it runs on, once it was sent. */
  readonly state?: unknown;
  /** Whether it is the one that its connection runs. */
  readonly active?: boolean;
  /** What `cancel()` calls, and drops the promise of. */
  readonly canceller?: ((query: PostgresQuery) => Promise<unknown>) | null;
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
  readonly options: { readonly max: number; readonly ssl?: unknown; onclose?: unknown };
}

/** A connection of the driver: the only one of its `postgres()`. */
export interface PostgresConnection {
  readonly sql: PostgresSql;
  readonly reserved: PostgresReserved;
  readonly processId: number;
  open: boolean;
  running: PostgresQuery | undefined;
  /** Whether a statement of the user's may be left that was prepared with SQL. */
  prepares: boolean;
}

interface Tagged extends ReadonlyArray<unknown> {
  readonly count?: number | null;
  /** What the server says that it has done. */
  readonly command?: string;
}

/**
 * PostgreSQL through `postgres` (postgres.js).
 *
 * A query is ended by the CancelRequest that `query.cancel()` sends, whose end is waited for; over TLS, where the
 * driver does not tell of it, by `pg_cancel_backend()` through a further connection. After a use that may have left something behind, a connection is reset as `DISCARD ALL` does, but
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

/** What a COPY gives is a stream, of which the driver tells nobody that it has failed. */
function refuseStream(found: unknown): void {
  const { destroy, on } = found as { destroy?: () => void; on?: (...args: unknown[]) => void };
  if (typeof destroy !== "function") return;
  on?.call(found, "error", () => {});
  destroy.call(found);
  throw new Error("a COPY from or to the client is for the driver's own connection");
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
      connection = { sql, reserved, processId, open: !closed, running: undefined, prepares: false };
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
    connection.prepares ||= mayPrepare(text, params);
    // Without parameters it is the simple protocol, which takes several statements at once, too.
    const query =
      params.length === 0
        ? connection.reserved.unsafe(text)
        : connection.reserved.unsafe(text, params as never[], { prepare: true });
    connection.running = query;
    try {
      const found = await query;
      refuseStream(found);
      // Of several statements, there is a list of results.
      const several = Array.isArray(found[0]) && "command" in (found[0] as object);
      const result = (several ? found.at(-1) : found) as Tagged;
      checkCommitted(text, result.command);
      return { rows: [...result], rowCount: result.count ?? result.length };
    } finally {
      connection.running = undefined;
    }
  }

  async cancel({ running, processId, sql: own }: PostgresConnection): Promise<void> {
    // One that has not been sent yet would be dropped, and the driver would wait for its end for ever.
    if (running === undefined || running.state === null || running.active === false) return;
    const { canceller } = running;
    // `cancel()` itself tells nobody when the server has been asked: the request could meet a later query.
    if (typeof canceller === "function" && !this.#secured(own)) {
      await canceller(running);
      return;
    }
    await this.#further.use(async (sql) => {
      await sql.unsafe(`SELECT pg_cancel_backend(${processId})`);
    });
  }

  /** Whether the request would go through TLS, where the driver forgets who waits for its end. */
  #secured({ options: { ssl } }: PostgresSql): boolean {
    return ssl !== undefined && ssl !== false && ssl !== "disable";
  }

  isOpen({ open }: PostgresConnection): boolean {
    return open;
  }

  async reset(connection: PostgresConnection): Promise<void> {
    const { reserved } = connection;
    // The driver prints a notice, also that there was no transaction.
    const quiet = "SET client_min_messages = error";
    try {
      await reserved.unsafe(`${quiet}; ROLLBACK; ${quiet}; ${POSTGRES_RESET}`);
    } catch (error) {
      if (postgresFailure(error).kind !== "aborted") throw error;
      await reserved.unsafe("ROLLBACK");
      await reserved.unsafe(POSTGRES_RESET);
    }
    if (!connection.prepares) return;
    await reserved.unsafe(POSTGRES_DEALLOCATE);
    connection.prepares = false;
  }

  native({ reserved }: PostgresConnection): object {
    return reserved;
  }
}
