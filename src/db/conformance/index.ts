import type { DbDriver } from "../driver.ts";
import { cancelCases } from "./cancel-cases.ts";
import { leaseCases } from "./lease-cases.ts";
import { queryCases } from "./query-cases.ts";
import { retryCases } from "./retry-cases.ts";
import { transactionCases } from "./transaction-cases.ts";
import { inWorld } from "./world.ts";

export { ConformanceError } from "./expectation.ts";

/** One thing that a driver must do. */
export interface ConformanceCase {
  readonly name: string;
  /** Why it says nothing about this driver: it need not be run then. */
  readonly skipped: string | undefined;
  /** Rejects if the driver does not do it. */
  run(): Promise<void>;
}

/**
 * The tests that a driver of `dbPool()` must pass, for any test runner. They use the clock of the platform, take a
 * few seconds, and create and drop tables whose names begin with `corral_conformance_`. They must run one after the
 * other.
 *
 * @param make Makes a driver, on the same database each time; a case closes the one that it has used.
 * @returns The cases, in an order from the plain to the intricate.
 */
export function dbConformance(make: () => DbDriver): readonly ConformanceCase[] {
  const driver = make();
  // Only asked what it can do.
  void driver.close?.();
  const cases = [...queryCases, ...transactionCases, ...retryCases, ...leaseCases, ...cancelCases];
  return cases.map((each) => ({
    name: each.name,
    skipped: each.unless?.(driver),
    run: () => inWorld(make, each),
  }));
}
