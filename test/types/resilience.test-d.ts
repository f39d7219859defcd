import { expectTypeOf, test } from "vitest";
import type { CancelScope } from "corral";
import type { Attempt } from "../../src/resilience/attempt.ts";
import { type Backoff, constant, exponential } from "../../src/resilience/backoff.ts";
import type { CircuitState } from "../../src/resilience/breaker-options.ts";
import { CircuitBreaker } from "../../src/resilience/circuit-breaker.ts";
import type { CircuitOpenError } from "../../src/resilience/circuit-open-error.ts";
import { fallback } from "../../src/resilience/fallback.ts";
import { hedge } from "../../src/resilience/hedge.ts";
import { retry } from "../../src/resilience/retry.ts";
import { RetryBudget } from "../../src/resilience/retry-budget.ts";

test("retry() gives what its function gives", () => {
  expectTypeOf(retry(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(retry(async () => "a")).toEqualTypeOf<Promise<string>>();
  expectTypeOf(retry(async () => {})).toEqualTypeOf<Promise<void>>();
  void retry((attempt) => {
    expectTypeOf(attempt).toEqualTypeOf<Attempt>();
    expectTypeOf(attempt.number).toEqualTypeOf<number>();
    expectTypeOf(attempt.scope).toEqualTypeOf<CancelScope>();
    expectTypeOf(attempt.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(attempt.error).toEqualTypeOf<unknown>();
  });
});

test("retry() takes options, those that are undefined too", () => {
  void retry(() => 1, {
    attempts: undefined,
    backoff: undefined,
    maxElapsedMs: undefined,
    attemptMs: undefined,
    budget: undefined,
    retryIf: undefined,
    retryAfter: undefined,
    onRetry: undefined,
    signal: undefined,
    name: undefined,
  });
  void retry(() => 1, {
    attempts: Infinity,
    backoff: (attempt) => attempt * 10,
    budget: new RetryBudget({ ratio: 0.2 }),
    retryIf: async (error, attempt) => error instanceof Error && attempt.number < 3,
    retryAfter: () => undefined,
    onRetry: (error, { attempt, delayMs }) => {
      expectTypeOf(error).toEqualTypeOf<unknown>();
      expectTypeOf([attempt, delayMs]).toEqualTypeOf<number[]>();
    },
  });
  // @ts-expect-error -- a backoff is a function
  void retry(() => 1, { backoff: 10 });
  // @ts-expect-error -- not a signal in place of the options
  void retry(() => 1, new AbortController().signal);
  // @ts-expect-error -- a promise has already started
  void retry(Promise.resolve(1));
  // @ts-expect-error -- no such name
  void retry(() => 1, { retries: 3 });
});

test("backoffs are functions", () => {
  expectTypeOf(exponential()).toEqualTypeOf<Backoff>();
  expectTypeOf(constant(5)).toEqualTypeOf<Backoff>();
  expectTypeOf(exponential({ jitter: "equal" })(1, undefined)).toEqualTypeOf<number>();
  // @ts-expect-error -- no such jitter
  exponential({ jitter: "half" });
});

test("hedge() gives what its function gives", () => {
  const answer = hedge(
    async (scope, attempt) => {
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      expectTypeOf(attempt).toEqualTypeOf<number>();
      return "a";
    },
    {
      delayMs: 10,
      onLoser: (result, attempt) => {
        expectTypeOf(result).toEqualTypeOf<PromiseSettledResult<string>>();
        expectTypeOf(attempt).toEqualTypeOf<number>();
      },
    },
  );
  expectTypeOf(answer).toEqualTypeOf<Promise<string>>();
  // @ts-expect-error -- a delay is required
  void hedge(() => 1);
  // @ts-expect-error -- a delay is required
  void hedge(() => 1, { max: 2 });
});

test("a circuit breaker counts in a row, or a share: of calls or of time", () => {
  const circuit = new CircuitBreaker({ failures: 3, openMs: 10 });
  expectTypeOf(circuit.state).toEqualTypeOf<CircuitState>();
  expectTypeOf(circuit.run(() => 1)).toEqualTypeOf<Promise<number>>();
  expectTypeOf(circuit.run(async (scope) => scope)).toEqualTypeOf<Promise<CancelScope>>();
  expectTypeOf(circuit.stats().rejected).toEqualTypeOf<number>();
  expectTypeOf<CircuitOpenError["retryAfterMs"]>().toEqualTypeOf<number>();
  void new CircuitBreaker({ ratio: 0.5, minimum: 10, count: 20, openMs: 10, probes: 3 });
  void new CircuitBreaker({ ratio: 0.5, minimum: 10, windowMs: 20, openMs: 10 });
  // @ts-expect-error -- one of the two
  void new CircuitBreaker({ failures: 3, ratio: 0.5, minimum: 1, count: 1, openMs: 10 });
  // @ts-expect-error -- one of the two
  void new CircuitBreaker({ ratio: 0.5, minimum: 1, count: 1, windowMs: 1, openMs: 10 });
  // @ts-expect-error -- one of the two
  void new CircuitBreaker({ ratio: 0.5, minimum: 1, openMs: 10 });
  // @ts-expect-error -- a time is required
  void new CircuitBreaker({ failures: 3 });
  // @ts-expect-error -- state is changed by trip() and reset()
  circuit.state = "open";
});

test("fallback() gives what either gives", () => {
  const answer = fallback(
    async (scope) => {
      expectTypeOf(scope).toEqualTypeOf<CancelScope>();
      return 1;
    },
    (error) => {
      expectTypeOf(error).toEqualTypeOf<unknown>();
      return "a";
    },
    { handles: (error) => error instanceof Error },
  );
  expectTypeOf(answer).toEqualTypeOf<Promise<number | string>>();
  expectTypeOf(
    fallback(
      () => 1,
      async () => null,
    ),
  ).toEqualTypeOf<Promise<number | null>>();
  // @ts-expect-error -- a function in place of the value
  void fallback(() => 1, "old");
});
