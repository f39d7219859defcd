import { cancellable, Pool } from "../index.ts";
import { DatabaseError } from "./database-error.ts";
import type { DbPoolOptions } from "./db-options.ts";
import type { DbDriver } from "./driver.ts";
import { Prepared } from "./lease.ts";
import { Session, type SessionSettings } from "./session.ts";
import type { TransactionSettings } from "./transaction.ts";

async function connect(settings: SessionSettings, signal: AbortSignal): Promise<Session> {
  const { driver } = settings;
  let connection: unknown;
  try {
    connection = await cancellable(driver.connect(signal), {
      signal,
      // Nobody waits for it any more.
      onDiscard: (late) => driver.disconnect(late),
    });
  } catch (cause) {
    if (signal.aborted) throw cause;
    const { kind, code } = driver.failure(cause);
    throw new DatabaseError("connect", {
      kind: kind === "other" ? "connection" : kind,
      code,
      driver: driver.name,
      cause,
    });
  }
  return new Session(connection, settings);
}

/** The connections of a database pool: made by its driver, and reset when they come back. */
export function connectionPool(
  driver: DbDriver,
  max: number,
  options: DbPoolOptions,
  transactions: TransactionSettings,
): Pool<Session> {
  const { init, connectTimeoutMs } = options;
  const prepare = async (session: Session, signal: AbortSignal): Promise<void> => {
    const connection = new Prepared(session, transactions, signal);
    try {
      // It may heed no signal: then the connection goes without it.
      await cancellable(Promise.resolve(init!(connection)), { signal });
    } finally {
      connection.end();
    }
  };
  const settings: SessionSettings = {
    driver,
    queryTimeoutMs: options.queryTimeoutMs ?? Infinity,
    cancelTimeoutMs: options.cancelTimeoutMs ?? 5_000,
    resetTimeoutMs: options.resetTimeoutMs ?? 5_000,
    reset: options.reset ?? "auto",
    prepare: init === undefined ? undefined : prepare,
  };
  const { min, eager, acquireTimeoutMs, maxIdleMs, maxLifetimeMs, lifetimeJitter } = options;
  const { maxUses, onCreateError, backoff, leakWarnMs, name } = options;
  // A connection is looked at and reset by who lends it out: nearly always there is nothing to do then, which the
  // pool could not know.
  return new Pool<Session>({
    min,
    eager,
    acquireTimeoutMs,
    maxIdleMs,
    maxLifetimeMs,
    lifetimeJitter,
    maxUses,
    onCreateError,
    backoff,
    leakWarnMs,
    name,
    max,
    createTimeoutMs: connectTimeoutMs,
    create: async ({ signal }) => {
      const session = await connect(settings, signal);
      try {
        await session.prepare(signal);
      } catch (error) {
        await session.close(signal);
        throw error;
      }
      return session;
    },
    destroy: (session, { signal }) => session.close(signal),
  });
}
