import { cancellable } from "../index.ts";
import { DatabaseError } from "./database-error.ts";
import type { DbDriver } from "./driver.ts";

/** What a query has failed with. An error of a connection that is closed is about that, whatever it says. */
export function queryFailure(
  driver: DbDriver,
  connection: unknown,
  text: string,
  cause: unknown,
): DatabaseError {
  const { kind, code } = driver.failure(cause);
  const lost = kind === "connection" || driver.isOpen?.(connection) === false;
  const what = lost ? "connection" : kind;
  return new DatabaseError("query", { kind: what, code, driver: driver.name, text, cause });
}

/** @throws If it could not be reset. */
export async function resetConnection(
  driver: DbDriver,
  connection: unknown,
  signal: AbortSignal,
): Promise<void> {
  if (driver.reset === undefined) throw new Error("the driver cannot reset a connection");
  const reset = async (): Promise<void> => {
    await cancellable(driver.reset!(connection), { signal });
  };
  try {
    await reset();
  } catch (error) {
    // A request to end a query that had ended meets this one.
    if (driver.failure(error).kind !== "cancelled") throw error;
    await reset();
  }
}

/** Whether the server has rolled it all back, so that what comes after would be a transaction of its own each. */
export function rollsBack(
  driver: DbDriver,
  connection: unknown,
  error: unknown,
  transacting: boolean,
): boolean {
  const { kind } = driver.failure(error);
  if (kind === "deadlock" || kind === "serialization") return true;
  return transacting && driver.inTransaction?.(connection) === false;
}
