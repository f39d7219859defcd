// The limiters that are compared, each used as its manual says.
//
// `make(n)` gives, where the package has it,
// - `run(fn)`: a call under the limit; `runWith(fn, signal)`: one whose caller may abort;
// - `timed`: ways to give a call a limit of time, `(fn, ms) => promise` each. A package that has none is
//   used with p-timeout, within the limited function and around the limited call;
// - `clear`: ways to drop all that wait in line.
import { limit, timeout, WorkQueue } from "../../../dist/index.js";
import { peer } from "../peers.mjs";

const [pTimeout, pLimit, pQueue, fastq, caolan, asyncSema, asyncMutex] = await Promise.all(
  ["p-timeout", "p-limit", "p-queue", "fastq", "async", "async-sema", "async-mutex"].map(peer),
);
const [toolkit, bottleneck, cockatiel, effect] = await Promise.all(
  ["es-toolkit", "bottleneck", "cockatiel", "effect"].map(peer),
);

const MANY = 1e9;

const withPTimeout = (run) =>
  pTimeout && {
    "p-timeout within": (fn, ms) => run(() => pTimeout.default(fn(), { milliseconds: ms })),
    "p-timeout around": (fn, ms) => pTimeout.default(run(fn), { milliseconds: ms }),
  };

/** For a semaphore that is acquired and released. */
const holding = (semaphore) => async (fn) => {
  await semaphore.acquire();
  try {
    return await fn();
  } finally {
    semaphore.release();
  }
};

/** async.timeout speaks callbacks. */
const caolanTimeout = (fn, ms) =>
  new Promise((resolve, reject) =>
    caolan.default.timeout(fn, ms)((error, value) => (error ? reject(error) : resolve(value))),
  );

export const limiters = [
  {
    name: "corral limit",
    make: (n) => {
      const run = limit(n);
      return {
        run,
        runWith: (fn, signal) => run(fn, { signal }),
        timed: { "timeout within": (fn, ms) => run(() => timeout(ms, fn)) },
        clear: { "clear()": () => run.clear() },
      };
    },
  },
  {
    name: "corral WorkQueue",
    make: (n) => {
      const queue = new WorkQueue({ concurrency: n });
      return {
        run: (fn) => queue.add(fn),
        runWith: (fn, signal) => queue.add(fn, { signal }),
        timed: { timeoutMs: (fn, ms) => queue.add(fn, { timeoutMs: ms }) },
        clear: {
          "clear()": () => queue.clear(),
          "shutdown()": () => void queue.shutdown({ graceMs: 0 }).catch(() => {}),
        },
      };
    },
  },
  pLimit && {
    name: "p-limit",
    make: (n) => {
      const run = pLimit.default(n);
      return { run, timed: withPTimeout(run), clear: { "clearQueue()": () => run.clearQueue() } };
    },
    also: {
      rejectOnClear: (n) => {
        const run = pLimit.default({ concurrency: n, rejectOnClear: true });
        return { run, clear: { "clearQueue()": () => run.clearQueue() } };
      },
    },
  },
  pQueue && {
    name: "p-queue",
    make: (n) => {
      const queue = new pQueue.default({ concurrency: n });
      return {
        run: (fn) => queue.add(fn),
        runWith: (fn, signal) => queue.add(fn, { signal }),
        timed: { timeout: (fn, ms) => queue.add(fn, { timeout: ms }) },
        clear: { "clear()": () => queue.clear() },
      };
    },
  },
  fastq && {
    name: "fastq.promise",
    make: (n) => {
      const queue = fastq.default.promise(async (fn) => fn(), n);
      const run = (fn) => queue.push(fn);
      return {
        run,
        timed: withPTimeout(run),
        clear: { "kill()": () => queue.kill(), "abort()": () => queue.abort() },
      };
    },
  },
  caolan && {
    name: "async.queue",
    make: (n) => {
      const queue = caolan.default.queue(async (fn) => fn(), n);
      const run = (fn) => queue.pushAsync(fn);
      return {
        run,
        timed: { "async.timeout within": (fn, ms) => run(() => caolanTimeout(fn, ms)) },
        clear: { "kill()": () => queue.kill(), "remove()": () => queue.remove(() => true) },
      };
    },
  },
  bottleneck && {
    name: "bottleneck",
    // A job takes it about five milliseconds.
    slow: true,
    make: (n) => {
      const queue = new bottleneck.default({ maxConcurrent: n });
      return {
        run: (fn) => queue.schedule(fn),
        timed: { expiration: (fn, ms) => queue.schedule({ expiration: ms }, fn) },
        clear: { "stop()": () => void queue.stop({ dropWaitingJobs: true }) },
      };
    },
  },
  cockatiel && {
    name: "cockatiel bulkhead",
    make: (n) => {
      const { bulkhead, timeout: within, TimeoutStrategy, wrap } = cockatiel;
      const policy = bulkhead(n, MANY);
      const timed = (strategy) => (fn, ms) => wrap(policy, within(ms, strategy)).execute(fn);
      return {
        run: (fn) => policy.execute(fn),
        runWith: (fn, signal) => policy.execute(fn, signal),
        timed: {
          "timeout, aggressive": timed(TimeoutStrategy.Aggressive),
          "timeout, cooperative": timed(TimeoutStrategy.Cooperative),
        },
      };
    },
  },
  asyncSema && {
    name: "async-sema",
    make: (n) => {
      const run = holding(new asyncSema.Sema(n));
      return { run, timed: withPTimeout(run) };
    },
  },
  asyncMutex && {
    name: "async-mutex",
    make: (n) => {
      const semaphore = new asyncMutex.Semaphore(n);
      const run = (fn) => semaphore.runExclusive(fn);
      return { run, timed: withPTimeout(run), clear: { "cancel()": () => semaphore.cancel() } };
    },
  },
  toolkit && {
    name: "es-toolkit",
    make: (n) => {
      const run = holding(new toolkit.Semaphore(n));
      const { withTimeout } = toolkit;
      return {
        run,
        timed: {
          "withTimeout within": (fn, ms) => run(() => withTimeout(fn, ms)),
          "withTimeout around": (fn, ms) => withTimeout(() => run(fn), ms),
        },
      };
    },
  },
  effect && {
    name: "effect",
    make: (n) => {
      const { Effect, Semaphore } = effect;
      const one = Semaphore.makeUnsafe(n).withPermits(1);
      const failing = (error) => error;
      const program = (fn) => Effect.tryPromise({ try: async () => fn(), catch: failing });
      const run = (fn) => Effect.runPromise(one(program(fn)));
      return {
        run,
        runWith: (fn, signal) => Effect.runPromise(one(program(fn)), { signal }),
        timed: {
          "timeout within": (fn, ms) => Effect.runPromise(one(Effect.timeout(program(fn), ms))),
          "timeout within, uninterruptible": (fn, ms) =>
            Effect.runPromise(one(Effect.timeout(Effect.uninterruptible(program(fn)), ms))),
        },
      };
    },
  },
].filter(Boolean);
