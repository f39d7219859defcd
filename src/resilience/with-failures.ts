import { Failures } from "../task/failures.ts";

/** The error, for which `failuresOf` tells of the others, too. */
export function withFailures(error: unknown, others: readonly unknown[]): unknown {
  if (others.length === 0) return error;
  const failures = new Failures();
  failures.add(error);
  for (const other of others) failures.add(other);
  return failures.error("first");
}
