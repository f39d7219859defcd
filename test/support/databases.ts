import { randomUUID } from "node:crypto";
import { PGlite } from "@electric-sql/pglite";
import * as mariadb from "mariadb";
import pg from "pg";

/** A database of the tests' own on a server that is there. */
export interface TestDatabase {
  readonly url: string;
  /** Asks the server on a connection that is none of the test's. */
  query(text: string, params?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Drops the database. */
  drop(): Promise<void>;
}

export const POSTGRES = "a PostgreSQL server on CORRAL_TEST_POSTGRES_URL or 127.0.0.1:5432";
export const MARIADB = "a MariaDB server on CORRAL_TEST_MARIADB_URL or 127.0.0.1:3306";

function within(url: string, database: string): string {
  const whole = new URL(url);
  whole.pathname = `/${database}`;
  return whole.href;
}

function newName(): string {
  return `corral_test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
}

/** The first of the URLs at which somebody answers. */
async function firstOf<T>(
  urls: readonly (string | undefined)[],
  connect: (url: string) => Promise<T>,
): Promise<readonly [url: string, connection: T] | undefined> {
  for (const url of urls) {
    if (url === undefined) continue;
    try {
      return [url, await connect(url)];
    } catch {
      // The next one may be there.
    }
  }
  return undefined;
}

/** @returns `undefined` if there is no server. */
export async function postgresDatabase(): Promise<TestDatabase | undefined> {
  const { CORRAL_TEST_POSTGRES_URL: given, PGHOST, PGPORT, PGUSER, PGPASSWORD } = process.env;
  const host = `${PGHOST?.startsWith("/") === false ? PGHOST : "127.0.0.1"}:${PGPORT ?? 5432}`;
  const user = PGPASSWORD === undefined ? (PGUSER ?? "postgres") : `${PGUSER}:${PGPASSWORD}`;
  const urls =
    given === undefined
      ? [`postgres://${user}@${host}/postgres`, `postgres://postgres:postgres@${host}/postgres`]
      : [given];
  const found = await firstOf(urls, async (url) => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => {});
    await client.connect();
    return client;
  });
  if (found === undefined) return undefined;
  const [url, client] = found;
  const name = newName();
  await client.query(`CREATE DATABASE ${name}`);
  return {
    url: within(url, name),
    async query(text, params) {
      return (await client.query(text, params ?? [])).rows as Record<string, unknown>[];
    },
    async drop() {
      await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await client.end();
    },
  };
}

/** @returns `undefined` if there is no server. */
export async function mariadbDatabase(): Promise<TestDatabase | undefined> {
  const given = process.env["CORRAL_TEST_MARIADB_URL"];
  const found = await firstOf([given ?? "mariadb://root@127.0.0.1:3306/"], (url) => {
    const { hostname, port, username, password } = new URL(url);
    return mariadb.createConnection({
      host: hostname,
      port: Number(port || 3306),
      user: username,
      password: decodeURIComponent(password),
      connectTimeout: 2_000,
    });
  });
  if (found === undefined) return undefined;
  const [url, connection] = found;
  const name = newName();
  await connection.query(`CREATE DATABASE ${name}`);
  return {
    url: within(url, name),
    query: (text, params) => connection.query(text, params),
    async drop() {
      await connection.query(`DROP DATABASE IF EXISTS ${name}`);
      await connection.end();
    },
  };
}

/** What a MySQL driver takes for a URL of any scheme. */
export function mysqlOptions(url: string): {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
} {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port || 3306),
    user: username,
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
}

const SHARED = Symbol.for("corral.test.pglite");

/** PostgreSQL within the process: it takes seconds to start, so that all tests of a process have the same one. */
export function sharedPglite(): PGlite {
  const shared = globalThis as { [SHARED]?: PGlite };
  return (shared[SHARED] ??= new PGlite());
}
