import { shield, TimeoutError } from "../index.ts";
import { DatabaseError } from "./database-error.ts";
import { report } from "./report.ts";
import type { Session } from "./session.ts";

/** How a transaction, or a savepoint, begins and ends, and how long the ends may take. */
export interface Ends {
  readonly before: readonly string[];
  readonly commit: string;
  readonly rollback: readonly string[];
  readonly after: readonly string[];
  /** Whether it is a savepoint. */
  readonly nested: boolean;
}

/** How long the ends of a transaction may take. */
export interface EndTimes {
  readonly commitTimeoutMs: number;
  readonly rollbackTimeoutMs: number;
}

/** What a transaction fails with in which a statement had failed. */
export function aborted(session: Session, action: string): DatabaseError {
  const { driver, failed } = session;
  return new DatabaseError(action, {
    kind: "aborted",
    code: driver.failure(failed).code,
    driver: driver.name,
    cause: new Error("the transaction was rolled back, since a statement in it had failed", {
      cause: failed,
    }),
  });
}

/** Runs what ends a transaction: out of reach of cancellations, and within bounds. */
async function finish(
  session: Session,
  statements: readonly string[],
  timeoutMs: number,
  name: string,
): Promise<void> {
  await shield(
    async ({ signal }) => {
      // Each is ended by the bound of all.
      for (const text of statements) await session.command(text, { signal, timeoutMs: Infinity });
    },
    { timeoutMs, name },
  );
}

/** Whether the database has rolled back by itself all that there was, and what would undo it would fail. */
function isUndone(session: Session, nested: boolean): boolean {
  const { connection, dialect, driver, failed } = session;
  if (failed === undefined || dialect.failsWhole) return false;
  return nested || driver.inTransaction?.(connection) === false;
}

/** Undoes it, if that can be done still. It never rejects: what cannot be undone ends with the connection. */
export async function rollBack(
  session: Session,
  { rollback, nested }: Pick<Ends, "rollback" | "nested">,
  timeoutMs: number,
): Promise<void> {
  if (session.broken !== undefined || isUndone(session, nested)) return;
  await undo(session, rollback, timeoutMs);
}

/** As `rollBack()`, whatever there is. */
export async function undo(
  session: Session,
  statements: readonly string[],
  timeoutMs: number,
): Promise<void> {
  if (session.broken !== undefined || statements.length === 0) return;
  try {
    await finish(session, statements, timeoutMs, "rollback");
    session.heal();
  } catch (error) {
    session.spoil(error);
    report(
      "warning",
      "failed-rollback",
      `A transaction of ${session.driver.name} could not be rolled back, and its connection is closed: ${String(error)}`,
      error,
    );
  }
}

/** @throws If it was not committed, as far as anybody knows. */
export async function commit(
  session: Session,
  ends: Ends,
  { commitTimeoutMs, rollbackTimeoutMs }: EndTimes,
): Promise<void> {
  const { failed } = session;
  const { commit: text, nested } = ends;
  if (failed !== undefined) {
    // A COMMIT would be answered as if all were well.
    const error = aborted(session, "commit");
    await rollBack(session, ends, rollbackTimeoutMs);
    throw error;
  }
  try {
    await finish(session, [text], commitTimeoutMs, "commit");
  } catch (error) {
    // Nobody knows what has become of it.
    if (error instanceof TimeoutError) session.spoil(error);
    // Some databases leave a transaction open that cannot be committed now.
    const known = session.driver.inTransaction?.(session.connection);
    const open = known ?? (nested || !session.dialect.failsWhole);
    if (open) await rollBack(session, ends, rollbackTimeoutMs);
    throw error;
  }
}

export async function begin(
  session: Session,
  ends: Ends,
  signal: AbortSignal,
  rollbackTimeoutMs: number,
): Promise<void> {
  // A savepoint heals nothing of what is around it.
  if (!ends.nested) session.heal();
  let sent = false;
  const note = (): void => {
    sent = true;
  };
  try {
    for (const text of ends.before) await session.command(text, { signal }, note);
  } catch (error) {
    // There is nothing to undo, and what would undo it would fail.
    if (!sent) throw error;
    session.touch();
    // A database that has refused has begun nothing; of a cancelled one that is not known.
    if (
      !(error instanceof DatabaseError) &&
      session.driver.inTransaction?.(session.connection) !== false
    ) {
      await rollBack(session, ends, rollbackTimeoutMs);
    }
    throw error;
  }
}
