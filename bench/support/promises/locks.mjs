// The locks that are compared, each used as its manual says.
//
// `make()` gives, where the package has it,
// - `lock()`: a promise of what `unlock` takes; `run(fn)` holds it while `fn` runs;
// - `runWith(fn, signal)`: `run` for a caller who may abort;
// - `timed`: ways to wait for so long, `(ms) => promise of what unlock takes` each;
// - `weighted()`: a semaphore of two, with `take(n)`, and `takeIn(ms, n)` that waits for so long.
// `byFunction`: it is made to be held while a function runs.
import { Mutex, Semaphore, timeout } from "../../../dist/index.js";
import { peer } from "../peers.mjs";

const [pTimeout, asyncMutex, asyncSema, toolkit, effect] = await Promise.all(
  ["p-timeout", "async-mutex", "async-sema", "es-toolkit", "effect"].map(peer),
);
const platform = globalThis.navigator?.locks;
let made = 0;

const running = (lock, unlock) => async (fn) => {
  const held = await lock();
  try {
    return await fn();
  } finally {
    unlock(held);
  }
};

function effectLock() {
  const { Effect, Exit, Scope, Semaphore: Theirs } = effect;
  const mutex = Theirs.makeUnsafe(1);
  const one = mutex.withPermits(1);
  const acquire = (within) => async () => {
    const scope = Scope.makeUnsafe();
    await Effect.runPromise(within(Scope.provide(mutex.takeScoped(1), scope)));
    return scope;
  };
  const program = (fn) => one(Effect.promise(async () => fn()));
  const lock = acquire((taking) => taking);
  return {
    lock,
    unlock: (scope) => Effect.runFork(Scope.close(scope, Exit.void)),
    run: (fn) => Effect.runPromise(program(fn)),
    runWith: (fn, signal) => Effect.runPromise(program(fn), { signal }),
    timed: { timeout: (ms) => acquire((taking) => Effect.timeout(taking, ms))() },
    weighted: () => {
      const two = Theirs.makeUnsafe(2);
      return {
        take: (n) => Effect.runPromise(two.take(n)),
        takeIn: (ms, n) => Effect.runPromise(Effect.timeout(two.take(n), ms)),
      };
    },
  };
}

function platformLock() {
  const name = `bench ${made++}`;
  const lock = (options = {}) =>
    new Promise((resolve, reject) => {
      const hold = () => new Promise((release) => resolve(release));
      platform.request(name, options, hold).catch(reject);
    });
  return {
    lock: () => lock(),
    unlock: (release) => release(),
    run: (fn) => platform.request(name, fn),
    runWith: (fn, signal) => platform.request(name, { signal }, fn),
    timed: { signal: (ms) => lock({ signal: AbortSignal.timeout(ms) }) },
  };
}

export const locks = [
  {
    name: "corral Mutex, Semaphore",
    make: () => {
      const mutex = new Mutex();
      return {
        lock: () => mutex.acquire(),
        unlock: (permit) => permit.release(),
        run: (fn) => mutex.run(fn),
        runWith: (fn, signal) => mutex.run(fn, { signal }),
        timed: {
          timeout: (ms) => timeout(ms, () => mutex.acquire()),
          signal: (ms) => mutex.acquire({ signal: AbortSignal.timeout(ms) }),
        },
        weighted: () => {
          const two = new Semaphore(2);
          const take = (weight) => two.acquire({ weight });
          return { take, takeIn: (ms, n) => timeout(ms, () => take(n)) };
        },
      };
    },
  },
  asyncMutex && {
    name: "async-mutex",
    make: () => {
      const mutex = new asyncMutex.Mutex();
      return {
        lock: () => mutex.acquire(),
        unlock: (release) => release(),
        run: (fn) => mutex.runExclusive(fn),
        timed: { withTimeout: (ms) => asyncMutex.withTimeout(mutex, ms).acquire() },
        weighted: () => {
          const two = new asyncMutex.Semaphore(2);
          return {
            take: (n) => two.acquire(n),
            takeIn: (ms, n) => asyncMutex.withTimeout(two, ms).acquire(n),
          };
        },
      };
    },
  },
  asyncSema && {
    name: "async-sema",
    make: () => {
      const sema = new asyncSema.Sema(1);
      const [lock, unlock] = [() => sema.acquire(), (token) => sema.release(token)];
      return {
        lock,
        unlock,
        run: running(lock, unlock),
        timed: pTimeout && {
          "p-timeout": (ms) => pTimeout.default(lock(), { milliseconds: ms }),
        },
      };
    },
  },
  toolkit && {
    name: "es-toolkit Mutex",
    make: () => {
      const mutex = new toolkit.Mutex();
      const [lock, unlock] = [() => mutex.acquire(), () => mutex.release()];
      return {
        lock,
        unlock,
        run: running(lock, unlock),
        timed: { withTimeout: (ms) => toolkit.withTimeout(lock, ms) },
      };
    },
  },
  platform && { name: "navigator.locks", make: platformLock, byFunction: true },
  effect && { name: "effect", make: effectLock, byFunction: true },
].filter(Boolean);
