import { expect, test } from "vitest";
import { failuresOf, limit, now, sleep, timeout } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { CircuitOpenError } from "../../src/resilience/circuit-open-error.ts";
import { fallback } from "../../src/resilience/fallback.ts";
import { retry } from "../../src/resilience/retry.ts";
import { at } from "../support/mode.ts";

/** A service that takes so long, or never answers while it is down. */
class Service {
  readonly circuit: CircuitBreaker = new CircuitBreaker({ failures: 3, openMs: 1_000 });
  readonly two = limit(2);
  readonly asked: number[] = [];
  down = false;
  running = 0;
  most = 0;

  /** Read from the outside in: the order that the documentation recommends. */
  price(): Promise<string> {
    return fallback(
      (around) =>
        retry(
          (attempt) =>
            this.circuit.run(
              (guarded) =>
                this.two(() => timeout(100, (scope) => this.#ask(scope), at(guarded)), at(guarded)),
              at(attempt.scope),
            ),
          { attempts: 3, backoff: constant(50), ...at(around) },
        ),
      (error) => `old, for ${(error as Error).name}`,
    );
  }

  async #ask(scope: { readonly signal: AbortSignal }): Promise<string> {
    this.asked.push(now());
    this.most = Math.max(this.most, ++this.running);
    try {
      await sleep(this.down ? 10_000 : 10, at(scope));
      return "fresh";
    } finally {
      this.running--;
    }
  }
}

test("fallback, retry, circuit, limit and timeout compose in one order: from the outside in", async () => {
  await withVirtualClock(async () => {
    const service = new Service();
    expect(await service.price()).toBe("fresh");

    service.down = true;
    service.asked.length = 0;
    const start = now();
    expect(await service.price()).toBe("old, for TimeoutError");
    // Three attempts of 100 ms, with 50 ms between: each had its own time, and each was counted.
    expect(service.asked.map((time) => time - start)).toEqual([0, 150, 300]);
    expect(service.circuit.state).toBe("open");

    // The circuit says when it will let a call in, and the retry waits for that.
    service.asked.length = 0;
    service.down = false;
    const opened = now();
    expect(await service.price()).toBe("fresh");
    expect(service.asked.map((time) => time - opened)).toEqual([1_000]);
    expect(service.circuit.state).toBe("closed");

    await Promise.all(Array.from({ length: 9 }, () => service.price()));
    expect(service.most).toBe(2);
  });
});

test("a timeout around it all leaves the fallback when there is no time to wait for the circuit", async () => {
  await withVirtualClock(async () => {
    const service = new Service();
    service.circuit.trip();
    const errors: unknown[] = [];
    const answer = await timeout(500, (scope) =>
      fallback(
        (around) =>
          retry((attempt) => service.circuit.run(() => "fresh", at(attempt.scope)), at(around)),
        (error) => {
          errors.push(error);
          return "old";
        },
        at(scope),
      ),
    );
    expect(answer).toBe("old");
    expect(now()).toBe(0);
    expect(errors[0]).toBeInstanceOf(CircuitOpenError);
    expect(failuresOf(errors[0])).toHaveLength(1);
  });
});
