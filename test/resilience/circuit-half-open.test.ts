import { describe, expect, test } from "vitest";
import { sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { CircuitOpenError } from "../../src/resilience/circuit-open-error.ts";
import { deferred, type Deferred } from "../support/deferred.ts";
import { at } from "../support/mode.ts";
import { fail, succeed } from "./outcomes.ts";

/** A circuit whose time of being open is over. */
async function halfOpen(probes: number): Promise<CircuitBreaker> {
  const circuit = new CircuitBreaker({ failures: 1, openMs: 100, probes });
  await fail(circuit);
  await sleep(100);
  return circuit;
}

/** Calls that are under way. */
function begin(
  circuit: CircuitBreaker,
  count: number,
): { ends: Deferred<void>[]; calls: Promise<void>[] } {
  const ends = Array.from({ length: count }, () => deferred());
  return { ends, calls: ends.map((end) => circuit.run(() => end.promise)) };
}

describe("a half-open circuit", () => {
  test.each([1, 3])("lets exactly %i calls in, and refuses the others", async (probes) => {
    await withVirtualClock(async () => {
      const circuit = await halfOpen(probes);
      expect(circuit.state).toBe("half-open");
      const { ends, calls } = begin(circuit, probes);
      expect(circuit.stats()).toMatchObject({ state: "half-open", probing: probes });
      for (let i = 0; i < 5; i++) {
        const call = circuit.run(() => {});
        await expect(call).rejects.toBeInstanceOf(CircuitOpenError);
        await expect(call).rejects.toMatchObject({
          retryAfterMs: 0,
          message: "The circuit is open: probes are under way",
        });
      }
      for (const { resolve } of ends) resolve();
      await Promise.all(calls);
      expect(circuit.state).toBe("closed");
    });
  });

  test("closes when all probes have succeeded, and not before: no others are let in meanwhile", async () => {
    await withVirtualClock(async () => {
      const circuit = await halfOpen(2);
      const { ends, calls } = begin(circuit, 2);
      ends[0]!.resolve();
      await calls[0];
      expect(circuit.stats()).toMatchObject({ state: "half-open", successes: 1, probing: 1 });
      await expect(circuit.run(() => {})).rejects.toBeInstanceOf(CircuitOpenError);
      ends[1]!.resolve();
      await calls[1];
      expect(circuit.stats()).toMatchObject({ state: "closed", successes: 0, failures: 0 });
    });
  });

  test("takes its probes one after the other, too", async () => {
    await withVirtualClock(async () => {
      const circuit = await halfOpen(2);
      await succeed(circuit);
      expect(circuit.state).toBe("half-open");
      await succeed(circuit);
      expect(circuit.state).toBe("closed");
    });
  });

  test("opens for another while when a probe has failed; the others do not count any more", async () => {
    await withVirtualClock(async () => {
      const circuit = await halfOpen(3);
      const { ends, calls } = begin(circuit, 3);
      ends[0]!.reject(new Error("still down"));
      await expect(calls[0]).rejects.toThrow("still down");
      expect(circuit.state).toBe("open");
      await sleep(100);
      // Of the next time: one under way, so that there are two places.
      const next = begin(circuit, 1);
      ends[1]!.resolve();
      ends[2]!.reject(new Error("late"));
      await Promise.allSettled(calls);
      expect(circuit.stats()).toMatchObject({ state: "half-open", successes: 0, probing: 1 });
      next.ends[0]!.resolve();
      await succeed(circuit, 2);
      expect(circuit.state).toBe("closed");
    });
  });

  test("gives the place of a probe that was cancelled to another", async () => {
    await withVirtualClock(async () => {
      const circuit = await halfOpen(1);
      const controller = new AbortController();
      const probe = circuit
        .run((scope) => sleep(1_000, at(scope)), { signal: controller.signal })
        .catch((error: unknown) => error);
      await expect(circuit.run(() => {})).rejects.toBeInstanceOf(CircuitOpenError);
      controller.abort("enough");
      expect(await probe).toBe("enough");
      expect(circuit.stats()).toMatchObject({ state: "half-open", probing: 0 });
      await succeed(circuit);
      expect(circuit.state).toBe("closed");
    });
  });

  test("takes an error that is no failure for a success", async () => {
    await withVirtualClock(async () => {
      const circuit = new CircuitBreaker({
        failures: 1,
        openMs: 100,
        isFailure: (error) => error !== "not found",
      });
      await fail(circuit);
      await sleep(100);
      await fail(circuit, 1, "not found");
      expect(circuit.state).toBe("closed");
    });
  });

  test("that was reset or tripped meanwhile does not hear of its probes", async () => {
    await withVirtualClock(async () => {
      const circuit = await halfOpen(1);
      const first = begin(circuit, 1);
      circuit.reset();
      first.ends[0]!.reject(new Error("late"));
      await Promise.allSettled(first.calls);
      expect(circuit.stats()).toMatchObject({ state: "closed", failures: 0 });
      circuit.trip();
      await sleep(100);
      const second = begin(circuit, 1);
      circuit.trip();
      second.ends[0]!.resolve();
      await Promise.all(second.calls);
      expect(circuit.state).toBe("open");
    });
  });
});
