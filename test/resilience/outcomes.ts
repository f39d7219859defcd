import type { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";

/** Makes calls that fail, one after the other. */
export async function fail(
  circuit: CircuitBreaker,
  times = 1,
  error: unknown = new Error("down"),
): Promise<void> {
  for (let i = 0; i < times; i++) await circuit.run(() => Promise.reject(error)).catch(() => {});
}

/** Makes calls that succeed, one after the other. */
export async function succeed(circuit: CircuitBreaker, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await circuit.run(() => {});
}
