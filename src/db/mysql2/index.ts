import { misuse } from "../arguments.ts";
import type { DbDriver, DbResult } from "../driver.ts";
import { mayMove, wayHome } from "../mysql-home.ts";
import { mysqlFailure } from "../mysql-errors.ts";
import { SharedConnection } from "../shared-connection.ts";

/** A connection of `mysql2/promise`, by shape. */
export interface Mysql2Client {
  query(text: string, values?: unknown[]): Promise<[result: unknown, fields: unknown]>;
  reset?(): Promise<void>;
  destroy(): void;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  readonly threadId: number | null;
}

/** A pool of `mysql2/promise`, by shape. */
export interface Mysql2Pool {
  getConnection(): Promise<Mysql2Client>;
  end(): Promise<void>;
}

export interface Mysql2DriverOptions {
  /** Leaves the pool that was given open when the driver is closed. */
  keepOpen?: boolean | undefined;
}

/** A connection of the driver. */
export interface Mysql2Connection {
  readonly client: Mysql2Client;
  open: boolean;
  /** The database that it was opened in. */
  readonly home: string | undefined;
  /** Whether it may be in another one. */
  moved: boolean;
}

interface Written {
  readonly affectedRows?: number;
  readonly insertId?: number;
}

interface Internals {
  readonly connection?: {
    readonly config?: { readonly database?: string };
    readonly stream?: {
      destroy?(): void;
      on?(event: "close", listener: () => void): void;
    };
  };
}

/** What a pool lets one use less than it has: a query is ended through a connection of the pool's. */
interface PoolInternals {
  readonly pool?: { readonly config?: { readonly connectionLimit?: number } };
}

/**
 * MySQL and MariaDB through `mysql2/promise`.
 *
 * A query is ended by `KILL QUERY` through a further connection. After a use that may have left something behind,
 * a connection is reset by the protocol's own command.
 *
 * @param source Makes a connection, so that connecting can be cancelled, too. Or a pool of `mysql2/promise`: the
 * database pool can have one connection less than its `connectionLimit`, for `KILL QUERY` needs one.
 * @example
 * ```ts no-run
 * import mysql from "mysql2/promise";
 * import { dbPool } from "corral/db";
 * import { mysql2Driver } from "corral/db/mysql2";
 *
 * const db = dbPool(mysql2Driver(() => mysql.createConnection("mysql://localhost/shop")), { max: 10 });
 * ```
 */
export function mysql2Driver(
  source: Mysql2Pool | (() => Promise<Mysql2Client>),
  options?: Mysql2DriverOptions,
): DbDriver<Mysql2Connection> {
  if (typeof source !== "function" && typeof source?.getConnection !== "function") {
    misuse(
      "make a driver",
      "source",
      "a function that makes a connection of mysql2/promise, or a pool of it",
      source,
    );
  }
  return new Mysql2Driver(source, options?.keepOpen === true);
}

class Mysql2Driver implements DbDriver<Mysql2Connection> {
  readonly name = "mysql2";
  readonly dialect = "mysql" as const;
  readonly max: number | undefined;
  readonly failure = mysqlFailure;
  readonly #source: Mysql2Pool | (() => Promise<Mysql2Client>);
  readonly #keepOpen: boolean;
  readonly #further: SharedConnection<Mysql2Client>;

  constructor(source: Mysql2Pool | (() => Promise<Mysql2Client>), keepOpen: boolean) {
    this.#source = source;
    this.#keepOpen = keepOpen;
    const limit =
      typeof source === "function"
        ? undefined
        : (source as PoolInternals).pool?.config?.connectionLimit;
    this.max = limit === undefined ? undefined : limit - 1;
    this.#further = new SharedConnection(
      async () => (await this.#open()).client,
      (client) => client.destroy(),
    );
  }

  async #open(): Promise<Mysql2Connection> {
    const source = this.#source;
    const client = await (typeof source === "function" ? source() : source.getConnection());
    const home = (client as Internals).connection?.config?.database;
    const connection: Mysql2Connection = { client, open: true, home, moved: false };
    const lost = (): void => {
      connection.open = false;
    };
    client.on("error", lost);
    (client as Internals).connection?.stream?.on?.("close", lost);
    return connection;
  }

  async connect(signal: AbortSignal): Promise<Mysql2Connection> {
    if (signal.aborted) throw signal.reason;
    // The driver gives the connection when it is made: until then there is nothing to stop.
    return this.#open();
  }

  disconnect(connection: Mysql2Connection): void {
    connection.open = false;
    connection.client.destroy();
    // It only says goodbye, and would wait for a server that does not answer.
    (connection.client as Internals).connection?.stream?.destroy?.();
  }

  async query(
    connection: Mysql2Connection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    const { client } = connection;
    connection.moved ||= mayMove(text);
    const [found] = await (params.length === 0
      ? client.query(text)
      : client.query(text, params as unknown[]));
    if (Array.isArray(found)) return { rows: found, rowCount: found.length };
    const { affectedRows = 0, insertId = 0 } = found as Written;
    return { rows: [], rowCount: affectedRows, insertId: insertId === 0 ? undefined : insertId };
  }

  async cancel({ client }: Mysql2Connection): Promise<void> {
    const { threadId } = client;
    await this.#further.use((further) => further.query(`KILL QUERY ${threadId}`));
  }

  isOpen({ open }: Mysql2Connection): boolean {
    return open;
  }

  async reset(connection: Mysql2Connection): Promise<void> {
    const { client, home, moved } = connection;
    if (client.reset === undefined) throw new Error("This version of mysql2 has no reset()");
    await client.reset();
    if (moved) await client.query(wayHome(home));
    connection.moved = false;
  }

  native(connection: Mysql2Connection): object {
    connection.moved = true;
    return connection.client;
  }

  async close(): Promise<void> {
    if (typeof this.#source !== "function" && !this.#keepOpen) await this.#source.end();
  }
}
