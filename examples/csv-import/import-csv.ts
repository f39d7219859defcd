import { timeout } from "corral";
import type { DbPool } from "corral/db";
import { records } from "./csv.ts";

export interface ImportOptions {
  /** How long it may take, all in all. */
  readonly timeoutMs: number;
  /** Told how many rows are in. */
  readonly onProgress: (rows: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What was not as the first record promised. */
export class CsvError extends Error {
  override readonly name = "CsvError";
}

/** The rows, by the names in the first record; an empty field is no value. */
async function* rowsOf(
  pieces: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<Record<string, string | null>> {
  let names: string[] | undefined;
  let line = 0;
  for await (const fields of records(pieces)) {
    line++;
    if (names === undefined) {
      names = fields;
      continue;
    }
    if (fields.length !== names.length) {
      throw new CsvError(`Record ${line} has ${fields.length} fields, not ${names.length}`);
    }
    yield Object.fromEntries(names.map((name, i) => [name, fields[i] === "" ? null : fields[i]!]));
  }
}

/**
 * Reads CSV into a table: all of it in one transaction, or nothing. The file is read as fast as the database takes the
 * rows, so that its size does not matter.
 */
export function importCsv(
  db: DbPool,
  table: string,
  pieces: AsyncIterable<string> | Iterable<string>,
  { timeoutMs, onProgress, signal }: ImportOptions,
): Promise<number> {
  const insert = (): Promise<number> => db.insert(table, rowsOf(pieces), { onProgress });
  return timeout(timeoutMs, insert, { name: "import", signal });
}
