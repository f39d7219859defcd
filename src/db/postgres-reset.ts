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
