import {
  CircuitBreaker,
  constant,
  debounce,
  fallback,
  hedge,
  RateLimiter,
  retry,
  throttle,
} from "corral";

type Guarded = (signal: AbortSignal, fn: () => unknown) => Promise<unknown>;

/** What calls a function at a rate, again, or under a watch: at once and later. No timer is set for it. */
export const guardedCalls: Record<string, Guarded> = {
  "RateLimiter.run()": (signal, fn) => new RateLimiter({ limit: 1, perMs: 1 }).run(fn, { signal }),
  "RateLimiter.run(), after a wait": (signal, fn) => {
    const it = new RateLimiter({ limit: 0, perMs: 1 });
    const running = it.run(fn, { signal });
    it.configure({ limit: 1 });
    return running;
  },
  "debounce()": (signal, fn) => {
    const call = debounce(fn, Infinity, { signal });
    const result = call();
    void call.flush();
    return result;
  },
  "debounce(), at once": (signal, fn) => debounce(fn, Infinity, { signal, leading: true })(),
  "throttle()": (signal, fn) => throttle(fn, Infinity, { signal })(),
  "throttle() without trailing": (signal, fn) => {
    const call = throttle(fn, Infinity, { signal, trailing: false });
    return Promise.race([call(), call()]);
  },
  "retry()": (signal, fn) => retry(fn, { attempts: 1, signal }),
  "retry(), the second time": (signal, fn) =>
    retry((attempt) => (attempt.number === 1 ? Promise.reject(new Error("first")) : fn()), {
      attempts: 2,
      backoff: constant(0),
      signal,
    }),
  "hedge()": (signal, fn) => hedge(fn, { delayMs: Infinity, max: 1, signal }),
  "CircuitBreaker.run()": (signal, fn) =>
    new CircuitBreaker({ failures: 1, openMs: 1 }).run(fn, { signal }),
  "CircuitBreaker.run(), half-open": (signal, fn) => {
    const circuit = new CircuitBreaker({ failures: 1, openMs: 0 });
    circuit.trip();
    return circuit.run(fn, { signal });
  },
  "fallback()": (signal, fn) => fallback(fn, () => "other", { signal, handles: () => false }),
  "the other function of fallback()": (signal, fn) =>
    fallback(() => Promise.reject(new Error("first")), fn, { signal }),
};

/** The same for a function alone. */
export const guarded: Record<string, (fn: () => unknown) => Promise<unknown>> = Object.fromEntries(
  Object.entries(guardedCalls).map(([name, call]) => [
    name,
    (fn: () => unknown) => call(new AbortController().signal, fn),
  ]),
);
