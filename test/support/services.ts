import { test } from "vitest";

/** Registers a test that needs something that not every machine has. */
export type ServiceTest = (name: string, run: () => Promise<void>, timeoutMs?: number) => void;

/**
 * A test of something that not every machine has. Where it is missing, the test is skipped, and its name
 * says what is missing; with CORRAL_REQUIRE_SERVICES=1 it fails instead.
 *
 * @param service What is needed, as the name of the test calls it.
 */
export function requires(service: string, available: boolean): ServiceTest {
  if (available) return test;
  if (process.env["CORRAL_REQUIRE_SERVICES"] !== "1") {
    return (name, run) => test.skip(`${name} (skipped: needs ${service})`, run);
  }
  return (name) =>
    test(name, () => {
      throw new Error(`Cannot run the test: it needs ${service}, which is missing here`);
    });
}
