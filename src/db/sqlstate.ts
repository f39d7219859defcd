import type { DbErrorKind, DbFailure } from "./driver.ts";

const kinds: Readonly<Record<string, DbErrorKind>> = {
  "40001": "serialization",
  "40P01": "deadlock",
  "55P03": "lock",
  "23505": "unique",
  "23503": "foreign-key",
  "23502": "not-null",
  "23514": "check",
  "57014": "cancelled",
  "25P02": "aborted",
  // The server shuts down, has crashed or is starting; the session sat idle for too long.
  "57P01": "connection",
  "57P02": "connection",
  "57P03": "connection",
  "57P05": "connection",
  "25P03": "connection",
};

const sqlState = /^[0-9A-Z]{5}$/;

/** What PostgreSQL, or a driver that has lost it, says. */
export function postgresFailure(error: unknown): DbFailure {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  if (typeof code !== "string" || !sqlState.test(code) || code === "EPIPE") {
    return { kind: lost(error) ? "connection" : "other", code: code as string | undefined };
  }
  const kind = kinds[code];
  if (kind !== undefined) return { kind, code };
  // Its classes are the first two characters.
  if (code.startsWith("08")) return { kind: "connection", code };
  return { kind: code.startsWith("42") ? "syntax" : "other", code };
}

/**
 * What a COMMIT has come to that the server answers as if all were well: it has rolled back a transaction in which a
 * statement had failed.
 *
 * @param answer The name that the server has given to what it has done.
 * @throws If that is not what was asked.
 */
export function checkCommitted(text: string, answer: unknown): void {
  if (text !== "COMMIT" || answer !== "ROLLBACK") return;
  const error = new Error("the transaction was rolled back, since a statement in it had failed");
  throw Object.assign(error, { code: "25P02" });
}

const network =
  /^(?:ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ENOENT|CONNECTION_|CONNECT_TIMEOUT|ERR_SOCKET|ERR_STREAM)/;

/** What clients say that have no code for it. */
const terminated =
  /connection (?:terminated|timeout|ended|closed)|not queryable|closed the connection/i;

/** Whether the error comes of the way to the server. */
export function lost(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === "string" && network.test(code)) return true;
  return typeof message === "string" && terminated.test(message);
}
