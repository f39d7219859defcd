import { describe, expect, test } from "vitest";
import { sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { fail, succeed } from "./outcomes.ts";

describe("the share of failures among the last calls", () => {
  test("opens the circuit when it is reached, after no fewer calls than the minimum", async () => {
    const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 4, count: 10, openMs: 100 });
    await fail(circuit, 3);
    expect(circuit.state).toBe("closed");
    await fail(circuit);
    expect(circuit.state).toBe("open");
  });

  test("opens it at exactly that share, whatever its rounding", async () => {
    for (let percent = 1; percent <= 100; percent++) {
      const ratio = percent / 100;
      const circuit = new CircuitBreaker({ ratio, minimum: 100, count: 100, openMs: 100 });
      await succeed(circuit, 100 - percent);
      await fail(circuit, percent - 1);
      expect(circuit.state).toBe("closed");
      await fail(circuit);
      expect([percent, circuit.state]).toEqual([percent, "open"]);
    }
  });

  test("forgets the oldest call for a new one", async () => {
    const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 4, count: 4, openMs: 100 });
    await fail(circuit, 1);
    await succeed(circuit, 3);
    await fail(circuit, 1);
    expect(circuit.stats()).toMatchObject({ state: "closed", successes: 3, failures: 1 });
    await fail(circuit, 1);
    expect(circuit.state).toBe("open");
  });

  test("opens it at a failure only", async () => {
    const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 4, count: 4, openMs: 100 });
    await fail(circuit, 3);
    await succeed(circuit, 1);
    expect(circuit.stats()).toMatchObject({ state: "closed", successes: 1, failures: 3 });
    await fail(circuit, 1);
    expect(circuit.state).toBe("open");
  });

  test("begins anew in a circuit that has closed", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ ratio: 1, minimum: 2, count: 2, openMs: 100 });
      await fail(circuit, 2);
      await sleep(100);
      await succeed(circuit);
      expect(circuit.stats()).toMatchObject({ state: "closed", successes: 0, failures: 0 });
      await fail(circuit, 1);
      expect(circuit.state).toBe("closed");
    });
  });
});

describe("the share of failures over time", () => {
  test("forgets calls after their time, in steps of a tenth", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 3, windowMs: 1_000, openMs: 100 });
      await fail(circuit, 2);
      await sleep(500);
      await succeed(circuit);
      expect(circuit.stats()).toMatchObject({ successes: 1, failures: 2 });
      await sleep(499);
      expect(circuit.stats()).toMatchObject({ successes: 1, failures: 2 });
      await sleep(1);
      expect(circuit.stats()).toMatchObject({ successes: 1, failures: 0 });
      await fail(circuit, 1);
      expect(circuit.state).toBe("closed");
      await fail(circuit, 1);
      expect(circuit.state).toBe("open");
    });
  });

  test("is none after a long time without calls", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 2, windowMs: 1_000, openMs: 100 });
      await fail(circuit, 1);
      await sleep(1e10);
      await fail(circuit, 1);
      expect(circuit.stats()).toMatchObject({ state: "closed", successes: 0, failures: 1 });
    });
  });

  test("does not count what another clock has seen", async () => {
    const circuit = new CircuitBreaker({ ratio: 0.5, minimum: 2, windowMs: 1_000, openMs: 100 });
    await withVirtualClock(async () => {
      await sleep(1e7);
      await fail(circuit, 1);
    });
    await withVirtualClock(async () => {
      expect(circuit.stats()).toMatchObject({ failures: 0 });
      await fail(circuit, 1);
      expect(circuit.stats()).toMatchObject({ state: "closed", failures: 1 });
    });
  });
});
