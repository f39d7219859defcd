import type { PoolOptions } from "../index.ts";
import {
  checkCount,
  checkFiniteMs,
  checkFunction,
  checkMs,
  checkOptions,
  checkWord,
} from "./arguments.ts";
import { dialectOf } from "./dialect.ts";
import type { DbDriver } from "./driver.ts";
import type { DbConnection } from "./handle.ts";
import type { Nested } from "./nesting.ts";
import type { ResetMode } from "./session.ts";

/** What the pool of connections behind it is given as it is. */
type Passed = Pick<
  PoolOptions<unknown>,
  | "min"
  | "eager"
  | "acquireTimeoutMs"
  | "resetTimeoutMs"
  | "maxIdleMs"
  | "maxLifetimeMs"
  | "lifetimeJitter"
  | "maxUses"
  | "onCreateError"
  | "backoff"
  | "leakWarnMs"
  | "name"
>;

/** All times are in milliseconds. */
export interface DbPoolOptions extends Passed {
  /** How many connections there are at most; 10 by default, or as many as the driver can have. */
  max?: number | undefined;
  /** How long it may take to connect; 30 s by default. */
  connectTimeoutMs?: number | undefined;
  /** How long a query may run before it is ended on the server; `Infinity` by default. */
  queryTimeoutMs?: number | undefined;
  /**
   * How long the server may take to end a query that was cancelled; 5 s by default. When it has not by then, its
   * connection is closed.
   */
  cancelTimeoutMs?: number | undefined;
  /** How long a COMMIT may take; 30 s by default. Of one that takes longer nobody knows what has become. */
  commitTimeoutMs?: number | undefined;
  /** How long a ROLLBACK may take; 5 s by default. When it has not ended by then, its connection is closed. */
  rollbackTimeoutMs?: number | undefined;
  /**
   * When a connection is reset that comes back: if anything has run on it that may have changed the session
   * (`"auto"`, the default), after each use (`"always"`), or `"never"`.
   *
   * `"auto"` knows of statements that only read or change rows and call nothing but well-known functions of the
   * database that they leave the session as it was. It does not see what triggers, views and operators call.
   */
  reset?: ResetMode | undefined;
  /** Prepares each new connection, and again each that was reset, since the reset has undone it. */
  init?: ((connection: DbConnection) => unknown) | undefined;
  /**
   * What a call of the pool does that needs a connection and comes from a function that holds one already, as that
   * of `transaction()` does: all who hold one could come to wait for a second one. It warns, once (`"warn"`, the
   * default), fails (`"error"`), uses the connection that is held (`"reuse"`), or takes another one (`"allow"`).
   * Known where the runtime has async contexts.
   */
  nested?: Nested | undefined;
}

const ACTION = "create a database pool";

/** @throws {TypeError | RangeError} If an argument is not what it should be. */
export function checkDbPool(driver: unknown, options: DbPoolOptions | undefined): void {
  if (typeof driver !== "object" || driver === null) checkFunction(ACTION, "driver", undefined);
  for (const name of ["connect", "disconnect", "query", "failure"] as const) {
    checkFunction(ACTION, `driver.${name}`, (driver as DbDriver)[name]);
  }
  dialectOf((driver as DbDriver).dialect);
  checkOptions(ACTION, options);
  if (options === undefined) return;
  checkMs(ACTION, "connectTimeoutMs", options.connectTimeoutMs);
  checkMs(ACTION, "queryTimeoutMs", options.queryTimeoutMs);
  checkFiniteMs(ACTION, "cancelTimeoutMs", options.cancelTimeoutMs);
  checkFiniteMs(ACTION, "resetTimeoutMs", options.resetTimeoutMs);
  checkFiniteMs(ACTION, "commitTimeoutMs", options.commitTimeoutMs);
  checkFiniteMs(ACTION, "rollbackTimeoutMs", options.rollbackTimeoutMs);
  checkWord(ACTION, "reset", options.reset, ["auto", "always", "never"]);
  checkWord(ACTION, "nested", options.nested, ["warn", "error", "reuse", "allow"]);
  if (options.init !== undefined) checkFunction(ACTION, "init", options.init);
  checkCount(ACTION, "max", options.max);
  const most = (driver as DbDriver).max;
  if (most !== undefined && options.max !== undefined && options.max > most) {
    throw new RangeError(
      `Cannot ${ACTION}: "max" must be at most ${most}, which is what the driver can have, received ${options.max}`,
    );
  }
}
