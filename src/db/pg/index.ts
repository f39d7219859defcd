import { misuse } from "../arguments.ts";
import type { DbDriver, DbResult } from "../driver.ts";
import { mayPrepare, POSTGRES_DEALLOCATE, POSTGRES_RESET } from "../postgres-reset.ts";
import { checkCommitted, postgresFailure } from "../sqlstate.ts";
import { hasSockets, requestCancel } from "./cancel-request.ts";
import { giveUp } from "./give-up.ts";

/** What a query of `pg` resolves to. */
export interface PgResult {
  readonly rows: unknown[];
  readonly rowCount: number | null;
  /** What the server says that it has done. */
  readonly command?: string;
}

/** A `Client` of `pg`, by shape. */
export interface PgClient {
  query(query: { text: string; values?: unknown[] }): Promise<PgResult | PgResult[]>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  connect(): Promise<unknown>;
  end(): Promise<void>;
}

/** A client that a `Pool` of `pg` has lent. */
export interface PgPoolClient extends PgClient {
  release(error?: Error | boolean): void;
}

/** A `Pool` of `pg`, by shape. */
export interface PgPool {
  connect(): Promise<PgPoolClient>;
  end(): Promise<void>;
  on(event: "connect", listener: (client: PgPoolClient) => void): unknown;
}

export interface PgDriverOptions {
  /** Leaves the pool that was given open when the driver is closed. */
  keepOpen?: boolean | undefined;
}

/** What the clients have that their types do not tell. */
interface Internals {
  readonly processID: number | null;
  readonly secretKey: number | Uint8Array | null;
  readonly host: string;
  readonly port: number;
  readonly ssl: boolean | object;
  readonly sslNegotiation?: string;
  readonly connection?: {
    readonly stream?: { destroy(): void };
    on?(event: "readyForQuery", listener: (message: { status?: string }) => void): void;
  };
}

interface PoolInternals {
  readonly options?: { readonly max?: number };
  readonly Client?: new (options: unknown) => PgClient;
}

/** A connection of the driver. */
export interface PgConnection {
  readonly client: PgClient;
  /** Closes it, or has its pool close it. */
  readonly close: () => Promise<void> | void;
  open: boolean;
  /** Whether a statement of the user's may be left that was prepared with SQL. */
  prepares: boolean;
  /** `I` is idle, `T` in a transaction, `E` in one that has failed. */
  status: string | undefined;
}

/** Runs `fn` when the signal aborts, until the returned function is called. */
function onAbort(signal: AbortSignal, fn: () => void): () => void {
  if (signal.aborted) fn();
  else signal.addEventListener("abort", fn, { once: true });
  return () => signal.removeEventListener("abort", fn);
}

function cut(client: PgClient): void {
  (client as unknown as Internals).connection?.stream?.destroy();
}

function watched(client: PgClient, close: () => Promise<void> | void): PgConnection {
  const connection: PgConnection = {
    client,
    close,
    open: true,
    prepares: false,
    status: undefined,
  };
  const lost = (): void => {
    connection.open = false;
  };
  // Without a listener, a connection that is lost while it rests would end the process.
  client.on("error", lost);
  client.on("end", lost);
  (client as unknown as Internals).connection?.on?.("readyForQuery", (message) => {
    connection.status = message.status;
  });
  return connection;
}

/**
 * PostgreSQL through `pg`.
 *
 * A query is ended by a CancelRequest on a socket of its own, with TLS if the connection has it; where the
 * runtime has no sockets, by `pg_cancel_backend()` through a further connection. After a use that may have
 * left something behind, a connection is reset as `DISCARD ALL` does, but keeps its prepared statements.
 *
 * @param source Makes a client for each connection, so that connecting can be cancelled, too. Or a `Pool`,
 * whose `max` is then the most that the database pool can have.
 * @example
 * ```ts no-run
 * import pg from "pg";
 * import { dbPool } from "corral/db";
 * import { pgDriver } from "corral/db/pg";
 *
 * const db = dbPool(pgDriver(() => new pg.Client("postgres://localhost/shop")), { max: 10 });
 * ```
 */
export function pgDriver(
  source: PgPool | (() => PgClient),
  options?: PgDriverOptions,
): DbDriver<PgConnection> {
  if (typeof source !== "function" && typeof source?.connect !== "function") {
    misuse("make a driver", "source", "a function that makes a pg.Client, or a pg.Pool", source);
  }
  return new PgDriver(source, options?.keepOpen === true);
}

class PgDriver implements DbDriver<PgConnection> {
  readonly name = "pg";
  readonly dialect = "postgres" as const;
  readonly max: number | undefined;
  readonly failure = postgresFailure;
  readonly #source: PgPool | (() => PgClient);
  readonly #keepOpen: boolean;

  constructor(source: PgPool | (() => PgClient), keepOpen: boolean) {
    this.#source = source;
    this.#keepOpen = keepOpen;
    if (typeof source !== "function") {
      // The pool stops listening when it lends a client out, a moment before the driver has it. An error of that
      // moment, which nobody listened for, would end the process.
      source.on("connect", (client) => void client.on("error", () => {}));
    }
    this.max = typeof source === "function" ? undefined : (source as PoolInternals).options?.max;
  }

  async connect(signal: AbortSignal): Promise<PgConnection> {
    const source = this.#source;
    if (typeof source !== "function") {
      const client = await source.connect();
      return watched(client, () => giveUp(client));
    }
    const client = source();
    const connection = watched(client, () => client.end());
    const leave = onAbort(signal, () => cut(client));
    try {
      if (signal.aborted) throw signal.reason;
      await client.connect();
      return connection;
    } catch (error) {
      cut(client);
      throw error;
    } finally {
      leave();
    }
  }

  async disconnect(connection: PgConnection): Promise<void> {
    connection.open = false;
    await connection.close();
  }

  async query(
    connection: PgConnection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    const { client } = connection;
    connection.prepares ||= mayPrepare(text, params);
    // Without values it is the simple protocol, which takes several statements at once, too.
    const query = params.length === 0 ? { text } : { text, values: params as unknown[] };
    const found = await client.query(query);
    const result = Array.isArray(found) ? found.at(-1) : found;
    checkCommitted(text, result?.command);
    const rows = result?.rows ?? [];
    return { rows, rowCount: result?.rowCount ?? rows.length };
  }

  async cancel({ client }: PgConnection, signal: AbortSignal): Promise<void> {
    const { processID, secretKey, host, port, ssl, sslNegotiation } =
      client as unknown as Internals;
    if (processID === null || processID === undefined) return;
    if (!hasSockets() || secretKey === null || secretKey === undefined) {
      await this.#cancelBackend(processID, signal);
      return;
    }
    const directSsl = sslNegotiation === "direct";
    const target = { host, port, ssl, directSsl, processId: processID, secretKey };
    await requestCancel(target, signal);
  }

  /** Asks through a further connection, which is not one of the pool. */
  async #cancelBackend(processId: number, signal: AbortSignal): Promise<void> {
    const client = this.#further();
    client.on("error", () => {});
    const leave = onAbort(signal, () => cut(client));
    try {
      await client.connect();
      await client.query({ text: "SELECT pg_cancel_backend($1)", values: [processId] });
      await client.end();
    } finally {
      leave();
    }
  }

  #further(): PgClient {
    const source = this.#source;
    if (typeof source === "function") return source();
    const { Client, options } = source as PoolInternals;
    if (Client === undefined) throw new Error("Cannot cancel a query: the pool makes no clients");
    return new Client(options);
  }

  isOpen(connection: PgConnection): boolean {
    return connection.open;
  }

  inTransaction({ status }: PgConnection): boolean | undefined {
    return status === undefined ? undefined : status !== "I";
  }

  async reset(connection: PgConnection): Promise<void> {
    if (connection.status !== "I") await connection.client.query({ text: "ROLLBACK" });
    await connection.client.query({ text: POSTGRES_RESET });
    if (!connection.prepares) return;
    await connection.client.query({ text: POSTGRES_DEALLOCATE });
    connection.prepares = false;
  }

  native({ client }: PgConnection): object {
    return client;
  }

  async close(): Promise<void> {
    if (typeof this.#source !== "function" && !this.#keepOpen) await this.#source.end();
  }
}
