import { chunk, type StreamSource } from "../index.ts";
import { checkCount, checkFunction, checkOptions, misuse, seen } from "./arguments.ts";
import { quoteTable } from "./dialect.ts";
import type { InsertOptions } from "./query-options.ts";
import { report } from "./report.ts";
import type { Session } from "./session.ts";

/** A row to insert: a value for each column, by name or in order. */
export type InsertRow = Readonly<Record<string, unknown>> | readonly unknown[];

const INSERT = "insert rows";
const BATCH = 1_000;

/** @throws {TypeError | RangeError} If an argument is not what it should be. */
export function checkInsert(
  table: unknown,
  rows: unknown,
  options: InsertOptions | undefined,
): void {
  if (typeof table !== "string" || table === "") misuse(INSERT, "table", "a name", table);
  if (typeof rows !== "object" || rows === null) {
    misuse(INSERT, "rows", "an iterable or async iterable of rows", rows);
  }
  checkOptions(INSERT, options);
  const { columns, batchSize, onProgress } = options ?? {};
  const isList = Array.isArray(columns) && columns.length > 0;
  if (columns !== undefined && !(isList && columns.every((name) => typeof name === "string"))) {
    misuse(INSERT, "columns", "a list of names", columns);
  }
  checkCount(INSERT, "batchSize", batchSize);
  if (onProgress !== undefined) checkFunction(INSERT, "onProgress", onProgress);
}

function columnsOf(row: InsertRow): readonly string[] {
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw new TypeError(
      `Cannot insert rows: expected "columns", or rows that are objects, received ${seen(row)}`,
    );
  }
  return Object.keys(row);
}

function valuesOf(row: InsertRow, columns: readonly string[], number: number): readonly unknown[] {
  if (Array.isArray(row)) {
    if (row.length !== columns.length) {
      throw new TypeError(
        `Cannot insert rows: row ${number} must have ${columns.length} values, received ${row.length}`,
      );
    }
    return row.map((value: unknown) => value ?? null);
  }
  const values = columns.map((name) => (row as Record<string, unknown>)[name] ?? null);
  for (const name of Object.keys(row)) {
    if (!columns.includes(name)) {
      throw new TypeError(
        `Cannot insert rows: row ${number} must have no value but of ${columns.join(", ")}, received one of ${name}`,
      );
    }
  }
  return values;
}

/** Tells the user, who may not wait, and whose mistakes are not those of the rows. */
function tell(onProgress: (inserted: number) => unknown, inserted: number): void {
  try {
    Promise.resolve(onProgress(inserted)).catch(reportThrown);
  } catch (error) {
    reportThrown(error);
  }
}

function reportThrown(error: unknown): void {
  report("warning", "callback", `onProgress has thrown: ${String(error)}`, error);
}

/** Inserts what comes, in batches, and tells how far it is. */
export async function insertRows(
  session: Session,
  table: string,
  rows: StreamSource<InsertRow>,
  options: InsertOptions,
  check: () => void,
): Promise<number> {
  const { signal, batchSize = BATCH, onProgress } = options;
  let { columns } = options;
  let inserted = 0;
  let read = 0;
  for await (const batch of chunk(rows, { size: Math.min(batchSize, BATCH * 10), signal })) {
    columns ??= columnsOf(batch[0]!);
    const first = read;
    const values = batch.map((row, index) => valuesOf(row, columns!, first + index));
    read += batch.length;
    inserted += await insertBatch(session, table, columns, values, signal, check);
    if (onProgress !== undefined) tell(onProgress, inserted);
  }
  return inserted;
}

async function insertBatch(
  session: Session,
  name: string,
  columnNames: readonly string[],
  rows: readonly (readonly unknown[])[],
  signal: AbortSignal | undefined,
  check: () => void,
): Promise<number> {
  const { dialect, driver, connection } = session;
  const table = quoteTable(dialect, name);
  const columns = columnNames.map((column) => dialect.quote(column));
  const text = `INSERT INTO ${table} (${columns.join(", ")}) VALUES`;
  if (driver.insert !== undefined) {
    const start = (): Promise<number> => driver.insert!(connection, { table, columns, rows });
    return session.exclusively(text, start, { signal }, check);
  }
  const most = Math.max(1, Math.floor(dialect.maxParams / columns.length));
  let inserted = 0;
  for (let from = 0; from < rows.length; from += most) {
    const part = rows.slice(from, from + most);
    let number = 0;
    const places = part.map((row) => {
      const each = row.map(() => dialect.placeholder(++number));
      return `(${each.join(", ")})`;
    });
    const whole = `${text} ${places.join(", ")}`;
    const start = async (): Promise<number> =>
      (await driver.query(connection, whole, part.flat())).rowCount;
    inserted += await session.exclusively(text, start, { signal }, check);
  }
  return inserted;
}
