import type { DbErrorKind, DbFailure } from "./driver.ts";
import { lost } from "./sqlstate.ts";

const kinds: Readonly<Record<number, DbErrorKind>> = {
  1213: "deadlock",
  1205: "lock",
  3572: "lock",
  // A row has changed since the snapshot (MariaDB).
  1020: "serialization",
  1062: "unique",
  1586: "unique",
  1216: "foreign-key",
  1217: "foreign-key",
  1451: "foreign-key",
  1452: "foreign-key",
  1048: "not-null",
  1364: "not-null",
  3819: "check",
  4025: "check",
  1054: "syntax",
  1064: "syntax",
  1109: "syntax",
  1146: "syntax",
  1305: "syntax",
  1317: "cancelled",
  1969: "cancelled",
  3024: "cancelled",
  // Killed, shut down, gone away, lost.
  1053: "connection",
  1077: "connection",
  1079: "connection",
  1927: "connection",
  2002: "connection",
  2003: "connection",
  2006: "connection",
  2013: "connection",
};

/** What MySQL or MariaDB, or a driver that has lost it, says. */
export function mysqlFailure(error: unknown): DbFailure {
  const { errno, code, fatal } = (error ?? {}) as {
    errno?: unknown;
    code?: unknown;
    fatal?: unknown;
  };
  if (typeof errno === "number" && errno > 0) {
    const kind = kinds[errno];
    if (kind !== undefined) return { kind, code: errno };
    // What the drivers number themselves lies far above what the server does.
    return { kind: fatal === true ? "connection" : "other", code: errno };
  }
  const known = code === "PROTOCOL_CONNECTION_LOST" || fatal === true || lost(error);
  const text = typeof code === "string" ? code : undefined;
  return { kind: known ? "connection" : "other", code: text };
}
