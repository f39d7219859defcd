// Mutexes and semaphores: one caller alone, and many that hand it over to each other.
import { CancelScope, Mutex, Semaphore, setDeadlockDetection } from "../dist/index.js";
import { peer } from "./support/peers.mjs";
import { table } from "./support/table.mjs";
import { micro } from "./support/work.mjs";

// As in production: what development adds has a table of its own below.
setDeadlockDetection(false);

const [asyncMutex, asyncSema, toolkit, pLimit, effect, fastq] = await Promise.all(
  ["async-mutex", "async-sema", "es-toolkit", "p-limit", "effect", "fastq"].map(peer),
);
const locks = globalThis.navigator?.locks;

/** A mutex as one writes it by hand: a chain of promises. It cannot be cancelled, nor tried. */
function chain() {
  let last = Promise.resolve();
  return () => {
    let release;
    const held = new Promise((resolve) => (release = resolve));
    const before = last;
    last = held;
    return before.then(() => release);
  };
}

// How each acquires, releases and runs: `lock()` gives a promise of what `unlock` takes.
function mutexes() {
  const all = {};
  const mutex = new Mutex();
  all["corral Mutex"] = {
    lock: () => mutex.acquire(),
    unlock: (permit) => permit.release(),
    run: (fn) => mutex.run(fn),
    try: () => mutex.tryAcquire().release(),
  };
  const byHand = chain();
  all["chain of promises, by hand"] = { lock: byHand, unlock: (release) => release() };
  if (asyncSema) {
    const sema = new asyncSema.Sema(1);
    all["async-sema"] = { lock: () => sema.acquire(), unlock: () => sema.release() };
  }
  if (asyncMutex) {
    const theirs = new asyncMutex.Mutex();
    all["async-mutex"] = {
      lock: () => theirs.acquire(),
      unlock: (release) => release(),
      run: (fn) => theirs.runExclusive(fn),
    };
  }
  if (toolkit) {
    const theirs = new toolkit.Mutex();
    all["es-toolkit Mutex"] = { lock: () => theirs.acquire(), unlock: () => theirs.release() };
  }
  if (pLimit) {
    const limited = pLimit.default(1);
    all["p-limit(1)"] = { run: limited };
  }
  if (fastq) {
    const queue = fastq.default.promise((task) => task(), 1);
    all["fastq, one worker"] = { run: (fn) => queue.push(fn) };
  }
  if (locks) {
    all["navigator.locks"] = { run: (fn) => locks.request("bench", fn) };
  }
  return all;
}

const cases = (of, make) =>
  Object.fromEntries(
    Object.entries(mutexes())
      .filter(([, each]) => each[of] !== undefined)
      .map(([name, each]) => [name, make(each)]),
  );

function effectCase(title, program) {
  if (!effect) return {};
  const { Effect, Semaphore: Theirs } = effect;
  const make = Theirs?.make ?? Effect.makeSemaphore;
  return { [title]: program(Effect, make) };
}

const ops = 1000;
const done = Promise.resolve();

await table(
  "mutex: acquire and release, nobody else",
  { ops, goals: { "corral Mutex": { times: 3, leads: { "async-mutex": 10 } } } },
  {
    "await a resolved promise (floor)": async () => {
      for (let i = 0; i < ops; i++) await done;
    },
    ...cases("lock", ({ lock, unlock }) => async () => {
      for (let i = 0; i < ops; i++) unlock(await lock());
    }),
  },
);

await table(
  "mutex: run(fn), nobody else",
  { ops, goals: { "corral Mutex": { times: 2, leads: { "async-mutex": 5, "p-limit(1)": 3 } } } },
  {
    "await fn() (floor)": async () => {
      for (let i = 0; i < ops; i++) await micro();
    },
    ...cases("run", ({ run }) => async () => {
      for (let i = 0; i < ops; i++) await run(micro);
    }),
    ...effectCase("effect 4 Semaphore(1)", (Effect, make) => {
      const semaphore = Effect.runSync(make(1));
      const one = semaphore.withPermits(1)(Effect.promise(micro));
      const all = Effect.gen(function* () {
        for (let i = 0; i < ops; i++) yield* one;
      });
      return () => Effect.runPromise(all);
    }),
  },
);

await table(
  "mutex: tryAcquire and release",
  { ops: ops * 10, goals: { "corral Mutex": { ns: 40 } } },
  {
    "a flag set and cleared (floor)": () => {
      const state = { held: false };
      let count = 0;
      for (let i = 0; i < ops * 10; i++) {
        if (!state.held) state.held = true;
        count += state.held ? 1 : 0;
        state.held = false;
      }
      return count;
    },
    ...cases("try", (each) => () => {
      for (let i = 0; i < ops * 10; i++) each.try();
    }),
  },
);

const TASKS = 1000;
const ROUNDS = 5;
/** Each task takes the mutex several times, and lets a microtask pass while it has it. */
const contended =
  ({ lock, unlock }) =>
  () => {
    const task = async () => {
      for (let i = 0; i < ROUNDS; i++) {
        const held = await lock();
        await undefined;
        unlock(held);
      }
    };
    return Promise.all(Array.from({ length: TASKS }, task));
  };

await table(
  "mutex: 1000 tasks hand it over, acquire and release",
  {
    ops: TASKS * ROUNDS,
    goals: { "corral Mutex": { times: 4, leads: { "async-mutex": 4, "async-sema": 1 } } },
  },
  {
    "await a new promise and a microtask (floor)": async () => {
      for (let i = 0; i < TASKS * ROUNDS; i++) {
        let go;
        const promise = new Promise((resolve) => (go = resolve));
        go();
        await promise;
        await undefined;
      }
    },
    ...cases("lock", contended),
  },
);

await table(
  "mutex: 1000 tasks hand it over, run(fn)",
  {
    ops: TASKS * ROUNDS,
    goals: { "corral Mutex": { times: 6, leads: { "async-mutex": 3, "p-limit(1)": 1.5 } } },
  },
  {
    "await a new promise and a microtask (floor)": async () => {
      for (let i = 0; i < TASKS * ROUNDS; i++) {
        let go;
        const promise = new Promise((resolve) => (go = resolve));
        go();
        await promise;
        await undefined;
      }
    },
    ...cases("run", ({ run }) => () => {
      const task = async () => {
        for (let i = 0; i < ROUNDS; i++) await run(micro);
      };
      return Promise.all(Array.from({ length: TASKS }, task));
    }),
    ...effectCase("effect 4 Semaphore(1)", (Effect, make) => {
      const semaphore = Effect.runSync(make(1));
      const one = semaphore.withPermits(1)(Effect.promise(micro));
      const task = Effect.gen(function* () {
        for (let i = 0; i < ROUNDS; i++) yield* one;
      });
      const all = Effect.all(
        Array.from({ length: TASKS }, () => task),
        { concurrency: "unbounded", discard: true },
      );
      return () => Effect.runPromise(all);
    }),
  },
);

// Everybody at once, on one permit: linear, or not.
for (const n of [1000, 100_000]) {
  const crowd = (lock, unlock) => async () => {
    const first = await lock();
    const waiting = Array.from({ length: n }, async () => unlock(await lock()));
    unlock(first);
    await Promise.all(waiting);
  };
  const semaphore = new Semaphore(1);
  await table(
    `semaphore: ${n} wait at once, and are served`,
    { ops: n, ...(n > 1000 && { timeMs: 0 }), goals: { "corral Semaphore": { times: 8 } } },
    {
      "promises made, then resolved in turn (floor)": async () => {
        const resolvers = [];
        const waiting = Array.from({ length: n }, async () => {
          await new Promise((resolve) => resolvers.push(resolve));
        });
        for (const resolve of resolvers) resolve();
        await Promise.all(waiting);
      },
      "corral Semaphore": crowd(
        () => semaphore.acquire(),
        (permit) => permit.release(),
      ),
      ...cases("lock", ({ lock, unlock }) =>
        // Its line is an array that is shifted: quadratic.
        n > 1000 && lock.toString().includes("theirs") ? undefined : crowd(lock, unlock),
      ),
    },
  );
}

{
  // What development adds: sections that are remembered, permits that are watched.
  const mutex = new Mutex();
  const scoped = (on) => () => {
    setDeadlockDetection(on);
    return new CancelScope().run(async () => {
      for (let i = 0; i < ops; i++) await mutex.run(micro);
    });
  };
  const plain = (on) => async () => {
    setDeadlockDetection(on);
    for (let i = 0; i < ops; i++) await mutex.run(micro);
  };
  const permits = (on) => async () => {
    setDeadlockDetection(on);
    for (let i = 0; i < ops; i++) (await mutex.acquire()).release();
  };
  await table(
    "mutex: with and without the detection of deadlocks",
    { ops },
    {
      "await fn() (floor)": async () => {
        for (let i = 0; i < ops; i++) await micro();
      },
      "run(fn), off": plain(false),
      "run(fn), on": plain(true),
      "run(fn) in a scope, off": scoped(false),
      "run(fn) in a scope, on": scoped(true),
      "acquire and release, off": permits(false),
      "acquire and release, on": permits(true),
    },
  );
}
