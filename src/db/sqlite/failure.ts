import type { DbErrorKind, DbFailure } from "../driver.ts";

/** The words are SQLite's own, whichever library passes them on; their codes are not. */
const kinds: readonly (readonly [words: RegExp, kind: DbErrorKind])[] = [
  [/database (?:table )?is locked|SQLITE_BUSY|SQLITE_LOCKED/, "lock"],
  [/UNIQUE constraint failed|PRIMARY KEY must be unique/, "unique"],
  [/FOREIGN KEY constraint failed/, "foreign-key"],
  [/NOT NULL constraint failed/, "not-null"],
  [/CHECK constraint failed/, "check"],
  [/syntax error|no such (?:table|column|function)|incomplete input|unrecognized token/, "syntax"],
  [/^interrupted$/, "cancelled"],
  [
    /(?:connection|database) is (?:not open|closed)|database has closed|closed database/i,
    "connection",
  ],
];

/** What SQLite says. */
export function sqliteFailure(error: unknown): DbFailure {
  const { code, errcode, message } = (error ?? {}) as {
    code?: unknown;
    errcode?: unknown;
    message?: unknown;
  };
  const told = typeof errcode === "number" ? errcode : code;
  const known = typeof told === "string" || typeof told === "number" ? told : undefined;
  const text = String(message);
  return { kind: kinds.find(([words]) => words.test(text))?.[1] ?? "other", code: known };
}
