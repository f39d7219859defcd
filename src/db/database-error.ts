import type { DbErrorKind, DbFailure } from "./driver.ts";

const BRAND = "corral/DatabaseError";

const RETRYABLE: ReadonlySet<DbErrorKind> = new Set(["serialization", "deadlock", "lock"]);

/** What the error is about, beside its cause. */
export interface DatabaseErrorDetails extends DbFailure {
  /** The name of the driver. */
  readonly driver: string;
  /** The statement that has failed. */
  readonly text?: string | undefined;
  /** The driver's own error. */
  readonly cause?: unknown;
}

function wordsOf(error: unknown): string {
  // An error of several addresses that were tried has no message of its own.
  const { message, errors } = (error ?? {}) as { message?: unknown; errors?: unknown[] };
  if (typeof message === "string" && message !== "") return message;
  return Array.isArray(errors) && errors.length > 0 ? wordsOf(errors[0]) : String(error);
}

/**
 * A database has refused a statement, or was not there. `kind` says why in one word for all databases, and
 * `cause` is what the driver has thrown.
 */
export class DatabaseError extends Error {
  /** @internal */
  static readonly brand: string = BRAND;
  override readonly name = "DatabaseError" as const;
  readonly kind: DbErrorKind;
  /** The database's own code: a SQLSTATE (PostgreSQL), a number (MySQL) or a name (SQLite). */
  readonly code: string | number | undefined;
  /** The name of the driver. */
  readonly driver: string;
  /** The statement that has failed. */
  readonly text: string | undefined;

  constructor(action: string, { kind, code, driver, text, cause }: DatabaseErrorDetails) {
    super(`Cannot ${action}: ${wordsOf(cause)}`, { cause });
    this.kind = kind;
    this.code = code;
    this.driver = driver;
    this.text = text;
  }

  /** Whether the same transaction, begun anew, may succeed: it met another one, and no mistake. */
  get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }

  /** By brand, so that it holds across two copies of the library. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (!Object.hasOwn(this, "brand")) {
      return Function.prototype[Symbol.hasInstance].call(this, value);
    }
    return (value as { constructor?: { brand?: unknown } } | null)?.constructor?.brand === BRAND;
  }
}
