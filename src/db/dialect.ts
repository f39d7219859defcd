import { seen } from "./arguments.ts";
import type { DialectName } from "./driver.ts";

/** How far a transaction is kept from what others do meanwhile; PostgreSQL's and MySQL's words. */
export type Isolation = "read uncommitted" | "read committed" | "repeatable read" | "serializable";

/** What begins a transaction of its kind. */
export interface Beginning {
  readonly isolation?: Isolation | undefined;
  readonly readOnly?: boolean | undefined;
}

/** How a database writes what all of them can. */
export interface Dialect {
  /** The statements that begin a transaction, and those that come after its end, however it ended. */
  begin(how: Beginning): { readonly before: readonly string[]; readonly after: readonly string[] };
  readonly quote: (name: string) => string;
  readonly placeholder: (number: number) => string;
  /** How many parameters a statement can have. */
  readonly maxParams: number;
  /** Whether a statement that fails ends the transaction's life, up to the last savepoint. */
  readonly failsWhole: boolean;
}

const doubleQuoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const postgres: Dialect = {
  begin({ isolation, readOnly }) {
    const words = ["BEGIN"];
    if (isolation !== undefined) words.push("ISOLATION LEVEL", isolation.toUpperCase());
    if (readOnly === true) words.push("READ ONLY");
    return { before: [words.join(" ")], after: [] };
  },
  quote: doubleQuoted,
  placeholder: (number) => `$${number}`,
  // postgres.js takes one less than the protocol.
  maxParams: 65_533,
  failsWhole: true,
};

const mysql: Dialect = {
  begin({ isolation, readOnly }) {
    const start = readOnly === true ? "START TRANSACTION READ ONLY" : "START TRANSACTION";
    if (isolation === undefined) return { before: [start], after: [] };
    // For the next transaction alone.
    return {
      before: [`SET TRANSACTION ISOLATION LEVEL ${isolation.toUpperCase()}`, start],
      after: [],
    };
  },
  quote: (name) => `\`${name.replaceAll("`", "``")}\``,
  placeholder: () => "?",
  maxParams: 65_535,
  failsWhole: false,
};

const sqlite: Dialect = {
  begin({ readOnly }) {
    // All transactions are serializable. One that may write takes its lock at once: if it read first, it could
    // find later that another one has written, and would have to begin anew.
    if (readOnly !== true) return { before: ["BEGIN IMMEDIATE"], after: [] };
    return { before: ["PRAGMA query_only = 1", "BEGIN"], after: ["PRAGMA query_only = 0"] };
  },
  quote: doubleQuoted,
  placeholder: () => "?",
  maxParams: 999,
  failsWhole: false,
};

const dialects: Readonly<Record<DialectName, Dialect>> = { postgres, mysql, sqlite };

/** @throws {TypeError} If there is none of that name. */
export function dialectOf(name: DialectName): Dialect {
  const dialect = dialects[name];
  if (dialect === undefined) {
    throw new TypeError(
      `Cannot create a database pool: "dialect" of the driver must be "postgres", "mysql" or "sqlite", received ${seen(name)}`,
    );
  }
  return dialect;
}

/** A name as it is; a dot separates the schema from the rest. */
export function quoteTable(dialect: Dialect, name: string): string {
  return name
    .split(".")
    .map((part) => dialect.quote(part))
    .join(".");
}
