/**
 * All that `DISCARD ALL` does but what would cost the driver its prepared statements. Each is allowed in the
 * one implicit transaction that statements sent together have.
 */
export const POSTGRES_RESET: string = [
  "SET SESSION AUTHORIZATION DEFAULT",
  "RESET ALL",
  "CLOSE ALL",
  "UNLISTEN *",
  "SELECT pg_advisory_unlock_all()",
  "DISCARD TEMP",
  "DISCARD SEQUENCES",
].join("; ");

/**
 * Ends the statements that were prepared with `PREPARE`: those that a driver has prepared for itself it must not lose.
 * It costs as much again as the rest, and so is left out where nothing was prepared.
 */
export const POSTGRES_DEALLOCATE: string = [
  "DO $$ DECLARE it text; BEGIN",
  "FOR it IN SELECT name FROM pg_prepared_statements WHERE from_sql LOOP",
  "EXECUTE format('DEALLOCATE %I', it);",
  "END LOOP; END $$",
].join(" ");

const PREPARES = /\bprepare\b/i;

/** Whether a statement, which has parameters or not, may leave another one prepared. */
export function mayPrepare(text: string, params: readonly unknown[]): boolean {
  return params.length === 0 && PREPARES.test(text);
}
