import { createRequire } from "node:module";
import * as mariadb from "mariadb";
import mysql from "mysql2/promise";
import sqliteWasm from "node-sqlite3-wasm";
import pg from "pg";
import postgres from "postgres";
import type { DbDriver } from "corral/db";
import { mariadbDriver } from "corral/db/mariadb";
import { mysql2Driver } from "corral/db/mysql2";
import { pgDriver } from "corral/db/pg";
import { pgliteDriver } from "corral/db/pglite";
import { postgresDriver } from "corral/db/postgres";
import { type SqliteDatabase, sqliteDriver } from "corral/db/sqlite";
import { mysqlOptions, sharedPglite } from "../support/databases.ts";

/** Makes a driver on the database at a URL. */
export type MakeDriver = (url: string) => DbDriver;

export const postgresEngines: Readonly<Record<string, MakeDriver>> = {
  pg: (url) => pgDriver(() => new pg.Client(url)),
  "pg's pool": (url) => pgDriver(new pg.Pool({ connectionString: url })),
  // It prints notices, and leaves it to nobody to catch what fails while it fetches types.
  postgres: (url) =>
    postgresDriver(() => postgres(url, { max: 1, fetch_types: false, onnotice: () => {} })),
};

export const mariadbEngines: Readonly<Record<string, MakeDriver>> = {
  mysql2: (url) => mysql2Driver(() => mysql.createConnection(mysqlOptions(url))),
  "mysql2's pool": (url) =>
    mysql2Driver(mysql.createPool({ ...mysqlOptions(url), connectionLimit: 11 })),
  mariadb: (url) => mariadbDriver(() => mariadb.createConnection(mysqlOptions(url))),
};

export function pglite(): DbDriver {
  return pgliteDriver(sharedPglite(), { keepOpen: true });
}

/** SQLite without native code, in the shape of better-sqlite3. */
class WasmDatabase {
  readonly #database = new sqliteWasm.Database();

  get inTransaction(): boolean {
    return this.#database.inTransaction;
  }

  prepare(text: string): ReturnType<SqliteDatabase["prepare"]> & { readonly reader: boolean } {
    const database = this.#database;
    const reads = /^\s*(?:select|with|values|explain|pragma\s+\w+\s*$)|\breturning\b/i;
    return {
      reader: reads.test(text),
      all: (...params: never[]) => database.all(text, params),
      run(...params: never[]) {
        const { changes, lastInsertRowid } = database.run(text, params);
        return { changes, lastInsertRowid };
      },
    };
  }

  exec(text: string): void {
    this.#database.exec(text);
  }

  close(): void {
    this.#database.close();
  }
}

type OpenSqlite = () => SqliteDatabase;

function betterSqlite(): OpenSqlite | undefined {
  try {
    const Database = createRequire(import.meta.url)("better-sqlite3") as new (
      file: string,
    ) => SqliteDatabase;
    new Database(":memory:").close();
    return () => new Database(":memory:");
  } catch {
    return undefined;
  }
}

function nodeSqlite(): OpenSqlite | undefined {
  const builtin = createRequire(import.meta.url)("node:module") as { builtinModules: string[] };
  const has = builtin.builtinModules.some((name) => name.endsWith("sqlite"));
  if (!has && Number(process.versions.node.split(".")[0]) < 24) return undefined;
  try {
    const { DatabaseSync } = createRequire(import.meta.url)("node:sqlite") as {
      DatabaseSync: new (file: string) => SqliteDatabase;
    };
    return () => new DatabaseSync(":memory:");
  } catch {
    return undefined;
  }
}

function bunSqlite(): OpenSqlite | undefined {
  if (!("Bun" in globalThis)) return undefined;
  const { Database } = createRequire(import.meta.url)("bun:sqlite") as {
    Database: new (file: string) => SqliteDatabase;
  };
  return () => new Database(":memory:");
}

/** What the shapes are tried with; those that are not here say so. */
export const sqliteEngines: Readonly<Record<string, OpenSqlite | undefined>> = {
  "SQLite in WebAssembly": () => new WasmDatabase(),
  "better-sqlite3": betterSqlite(),
  "node:sqlite": nodeSqlite(),
  "bun:sqlite": bunSqlite(),
};

export function sqlite(open: OpenSqlite): DbDriver {
  return sqliteDriver(open());
}
