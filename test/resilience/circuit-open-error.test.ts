import { expect, test } from "vitest";
import { ClosedError } from "corral";
import { CircuitOpenError } from "../../src/resilience/circuit-open-error.ts";

test("CircuitOpenError says when to come back, and is recognised by its brand", () => {
  const error = new CircuitOpenError(1_499.2, "api");
  expect(error).toBeInstanceOf(Error);
  expect(error).toBeInstanceOf(CircuitOpenError);
  expect(error).not.toBeInstanceOf(ClosedError);
  expect(error).toMatchObject({
    name: "CircuitOpenError",
    retryAfterMs: 1_499.2,
    breakerName: "api",
    message: 'Circuit "api" is open for another 1500 ms',
  });
  // Another copy of the library has a class of its own with the same brand.
  class OtherCopy extends Error {
    static readonly brand = "corral/CircuitOpenError";
  }
  expect(new OtherCopy()).toBeInstanceOf(CircuitOpenError);
});
