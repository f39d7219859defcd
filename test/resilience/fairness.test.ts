import { expect, test } from "vitest";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { fallback } from "../../src/resilience/fallback.ts";
import { hedge } from "../../src/resilience/hedge.ts";
import { retry } from "../../src/resilience/retry.ts";

const open = new CircuitBreaker({ failures: 1, openMs: 1e9 });
open.trip();
const closed = new CircuitBreaker({ failures: Infinity, openMs: 1 });
const fail = (): never => {
  throw new Error("down");
};

test.each<[string, () => Promise<unknown>]>([
  ["retry() that succeeds", () => retry(() => 1)],
  ["retry() that fails", () => retry(fail, { attempts: 1 })],
  ["hedge() that succeeds", () => hedge(() => 1, { delayMs: 1e9 })],
  ["hedge() that fails", () => hedge(fail, { delayMs: 1e9, max: 1 })],
  ["an open circuit", () => open.run(() => 1)],
  ["a circuit whose calls succeed", () => closed.run(() => 1)],
  ["a circuit whose calls fail", () => closed.run(fail)],
  ["fallback() that is not needed", () => fallback(() => 1, fail)],
  ["fallback() that is", () => fallback(fail, () => 2)],
  ["fallback() that fails", () => fallback(fail, fail)],
])("%s: a loop of it that catches everything keeps the event loop alive", async (_name, call) => {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  let rounds = 0;
  while (!turned && rounds < 100_000) {
    rounds++;
    await call().catch(() => {});
  }
  expect(turned).toBe(true);
  expect(rounds).toBeLessThan(5_000);
});
