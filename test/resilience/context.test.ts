import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test } from "vitest";
import { sleep } from "corral";
import { withVirtualClock } from "corral/testing";
import { constant } from "../../src/resilience/backoff.ts";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import { fallback } from "../../src/resilience/fallback.ts";
import { hedge } from "../../src/resilience/hedge.ts";
import { retry } from "../../src/resilience/retry.ts";

/** What its caller is, as a function sees it after some wait. */
const caller = new AsyncLocalStorage<string>();

test("pitfall 2: later attempts, decisions and fallbacks run in the async context of their caller", async () => {
  await withVirtualClock(async () => {
    const seen: string[] = [];
    const see = (what: string): void => void seen.push(`${what}: ${caller.getStore() ?? "none"}`);
    const circuit = new CircuitBreaker({ failures: 1, openMs: 1 });
    const work = async (name: string): Promise<void> => {
      await retry(
        (attempt) => {
          see(`attempt ${attempt.number}`);
          if (attempt.number === 1) throw new Error("down");
        },
        {
          backoff: constant(10),
          onRetry: () => see("onRetry"),
          retryIf: () => (see("retryIf"), true),
        },
      );
      await hedge(
        async (_scope, attempt) => {
          see(`hedge ${attempt}`);
          if (attempt === 1) await sleep(20);
        },
        { delayMs: 5 },
      );
      await fallback(
        () => circuit.run(() => sleep(1).then(() => Promise.reject(new Error(name)))),
        () => see("fallback"),
      );
    };
    await caller.run("somebody", () => work("somebody"));
    expect(seen).toEqual(
      ["attempt 1", "retryIf", "onRetry", "attempt 2", "hedge 1", "hedge 2", "fallback"].map(
        (what) => `${what}: somebody`,
      ),
    );
  });
});
