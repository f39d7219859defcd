import type { DbResult } from "../driver.ts";

/** What has changed a database; the names differ a little between libraries. */
export interface SqliteChanges {
  readonly changes: number | bigint;
  readonly lastInsertRowid: number | bigint;
}

/** A prepared statement, by shape. */
export interface SqliteStatement {
  all(...params: never[]): unknown[];
  run(...params: never[]): unknown;
}

/** A database, by shape: `better-sqlite3`'s, `DatabaseSync` of `node:sqlite`, or `Database` of `bun:sqlite`. */
export interface SqliteDatabase {
  prepare(text: string): SqliteStatement;
  exec(text: string): unknown;
  close(): unknown;
}

/** How each library tells whether a statement gives rows. */
interface Told {
  /** better-sqlite3 */
  readonly reader?: boolean;
  /** bun:sqlite */
  readonly columnNames?: readonly string[];
  /** node:sqlite, later versions */
  columns?(): readonly unknown[];
}

function givesRows(statement: SqliteStatement): boolean | undefined {
  const told = statement as unknown as Told;
  if (typeof told.reader === "boolean") return told.reader;
  if (typeof told.columns === "function") return told.columns().length > 0;
  if (Array.isArray(told.columnNames)) return told.columnNames.length > 0;
  return undefined;
}

/** What SQLite stores has four types; each library refuses some of the others. */
function stored(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return JSON.stringify(value);
}

function totalChanges(database: SqliteDatabase): number {
  const [row] = database.prepare("SELECT total_changes() AS n").all() as { n: number | bigint }[];
  return Number(row!.n);
}

/** Runs a statement to its end: it is all done when the call returns. */
export function runStatement(
  database: SqliteDatabase,
  text: string,
  params: readonly unknown[],
): DbResult<unknown> {
  const statement = database.prepare(text);
  const values = params.map(stored) as never[];
  const reads = givesRows(statement);
  if (reads === false) {
    const { changes, lastInsertRowid } = statement.run(...values) as SqliteChanges;
    const insertId = /^\s*(?:insert|replace)/i.test(text) ? lastInsertRowid : undefined;
    return { rows: [], rowCount: Number(changes), insertId };
  }
  const before = reads === undefined ? totalChanges(database) : 0;
  const rows = [...statement.all(...values)];
  if (reads === undefined && rows.length === 0) {
    return { rows, rowCount: totalChanges(database) - before };
  }
  return { rows, rowCount: rows.length };
}
