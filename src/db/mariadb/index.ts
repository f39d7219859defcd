import { misuse } from "../arguments.ts";
import type { DbDriver, DbResult, InsertRows } from "../driver.ts";
import { mayMove, wayHome } from "../mysql-home.ts";
import { mysqlFailure } from "../mysql-errors.ts";
import { SharedConnection } from "../shared-connection.ts";

/** A connection of `mariadb`, by shape. */
export interface MariadbClient {
  query(text: string, values?: unknown[]): Promise<unknown>;
  batch(text: string, values: unknown[][]): Promise<unknown>;
  reset(): Promise<void>;
  isValid(): boolean;
  destroy(): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  readonly threadId: number | null;
}

/** A connection of the driver. */
export interface MariadbConnection {
  readonly client: MariadbClient;
  open: boolean;
  /** The database that it was opened in. */
  readonly home: string | undefined;
  /** Whether it may be in another one. */
  moved: boolean;
}

/** What the connections have that the shape leaves out. */
interface Internals {
  readonly info?: { readonly database?: string } | null;
}

interface Written {
  readonly affectedRows?: number;
  readonly insertId?: number | bigint;
}

/**
 * MariaDB and MySQL through `mariadb`.
 *
 * A query is ended by `KILL QUERY` through a further connection. After a use that may have left something behind,
 * a connection is reset by the protocol's own command. Rows are inserted by the driver's `batch()`.
 *
 * @param make Makes a connection. (A pool of `mariadb` has a line and timeouts of its own, which tell nobody how
 * many connections there may be.)
 * @example
 * ```ts no-run
 * import * as mariadb from "mariadb";
 * import { dbPool } from "corral/db";
 * import { mariadbDriver } from "corral/db/mariadb";
 *
 * const url = "mariadb://root@localhost/shop";
 * const db = dbPool(mariadbDriver(() => mariadb.createConnection(url)), { max: 10 });
 * ```
 */
export function mariadbDriver(make: () => Promise<MariadbClient>): DbDriver<MariadbConnection> {
  if (typeof make !== "function") {
    misuse("make a driver", "make", "a function that makes a connection of mariadb", make);
  }
  return new MariadbDriver(make);
}

class MariadbDriver implements DbDriver<MariadbConnection> {
  readonly name = "mariadb";
  readonly dialect = "mysql" as const;
  readonly failure = mysqlFailure;
  readonly #make: () => Promise<MariadbClient>;
  readonly #further: SharedConnection<MariadbClient>;

  constructor(make: () => Promise<MariadbClient>) {
    this.#make = make;
    this.#further = new SharedConnection(
      async () => (await this.#open()).client,
      (client) => client.destroy(),
    );
  }

  async #open(): Promise<MariadbConnection> {
    const client = await this.#make();
    const home = (client as Internals).info?.database;
    const connection: MariadbConnection = { client, open: true, home, moved: false };
    client.on("error", () => {
      connection.open = false;
    });
    return connection;
  }

  async connect(signal: AbortSignal): Promise<MariadbConnection> {
    if (signal.aborted) throw signal.reason;
    // The driver gives the connection when it is made: until then there is nothing to stop.
    return this.#open();
  }

  disconnect(connection: MariadbConnection): void {
    connection.open = false;
    connection.client.destroy();
  }

  async query(
    connection: MariadbConnection,
    text: string,
    params: readonly unknown[],
  ): Promise<DbResult<unknown>> {
    const { client } = connection;
    connection.moved ||= mayMove(text);
    const found = await (params.length === 0
      ? client.query(text)
      : client.query(text, params as unknown[]));
    if (Array.isArray(found)) return { rows: [...found], rowCount: found.length };
    const { affectedRows = 0, insertId = 0 } = found as Written;
    const none = insertId === 0 || insertId === 0n;
    return { rows: [], rowCount: affectedRows, insertId: none ? undefined : insertId };
  }

  async cancel({ client }: MariadbConnection): Promise<void> {
    const { threadId } = client;
    await this.#further.use((further) => further.query(`KILL QUERY ${threadId}`));
  }

  isOpen({ client, open }: MariadbConnection): boolean {
    return open && client.isValid();
  }

  async reset(connection: MariadbConnection): Promise<void> {
    const { client, home, moved } = connection;
    await client.reset();
    if (moved) await client.query(wayHome(home));
    connection.moved = false;
  }

  async insert(
    { client }: MariadbConnection,
    { table, columns, rows }: InsertRows,
  ): Promise<number> {
    const places = columns.map(() => "?").join(", ");
    const text = `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${places})`;
    const found = await client.batch(text, rows as unknown[][]);
    const all = Array.isArray(found) ? (found as Written[]) : [found as Written];
    return all.reduce((sum, { affectedRows = 0 }) => sum + affectedRows, 0);
  }

  native(connection: MariadbConnection): object {
    connection.moved = true;
    return connection.client;
  }
}
