// Cancelling n that wait. What counts is that the cost per waiter stays flat from 1k to 100k.
import {
  CancelScope,
  channel,
  limit,
  Mutex,
  Semaphore,
  setDeadlockDetection,
  sleep,
  taskGroup,
} from "../dist/index.js";
import { options } from "./support/options.mjs";
import { peer } from "./support/peers.mjs";
import { goal, heading, ns, printRows, record, times } from "./support/report.mjs";
import { median, shuffled } from "./support/statistics.mjs";
import { collect } from "./support/table.mjs";
import { nextTurn } from "./support/work.mjs";

// As in production.
setDeadlockDetection(false);

const SIZES = [1000, 10_000, 20_000, 100_000];
const FOREVER_MS = 1e9;
const FLAT = 3;
const [pQueue, asyncMutex, effect, effection] = await Promise.all(
  ["p-queue", "async-mutex", "effect", "effection"].map(peer),
);

const ignore = () => {};
const ignoring = (promises) => Promise.all(promises.map((promise) => promise.catch(ignore)));
const fill = (n, make) => {
  const made = new Array(n);
  for (let i = 0; i < n; i++) made[i] = make(i);
  return made;
};

/** A limiter whose only slot is taken for good. */
function fullLimit() {
  const run = limit(1);
  void run(() => new Promise(ignore));
  return run;
}

// Each registers n waiters and gives what cancels them and waits until all have heard of it.
// `most`: the largest n that ends within the patience of whoever runs this.
const cases = {
  "corral: n children that sleep, group.cancel()": (n) => {
    let group;
    const done = taskGroup((opened) => {
      group = opened;
      for (let i = 0; i < n; i++) opened.spawn(() => sleep(FOREVER_MS));
    }).catch(ignore);
    return () => {
      group.cancel();
      return done;
    };
  },
  "corral: n children that sleep, signal read": (n) => {
    let group;
    const done = taskGroup((opened) => {
      group = opened;
      for (let i = 0; i < n; i++) {
        opened.spawn((task) => {
          void task.scope.signal;
          return sleep(FOREVER_MS);
        });
      }
    }).catch(ignore);
    return () => {
      group.cancel();
      return done;
    };
  },
  "corral: n sleeps in one scope, scope.cancel()": (n) => {
    const scope = new CancelScope();
    const done = scope.run(() => ignoring(fill(n, () => sleep(FOREVER_MS))));
    return () => {
      scope.cancel();
      return done;
    };
  },
  "corral: n queued in a limit, scope.cancel()": (n) => {
    const run = fullLimit();
    const scope = new CancelScope();
    const done = scope.run(() => ignoring(fill(n, () => run(ignore))));
    return () => {
      scope.cancel();
      return done;
    };
  },
  "corral: n queued in a limit, one signal": (n) => {
    const run = fullLimit();
    const controller = new AbortController();
    const done = ignoring(fill(n, () => run(ignore, { signal: controller.signal })));
    return () => {
      controller.abort();
      return done;
    };
  },
  "corral: n queued, a signal each, random order": (n) => {
    const run = fullLimit();
    const controllers = fill(n, () => new AbortController());
    const done = ignoring(controllers.map(({ signal }) => run(ignore, { signal })));
    const order = shuffled(controllers);
    return () => {
      for (const controller of order) controller.abort();
      return done;
    };
  },
  "corral: n wait for a Semaphore, scope.cancel()": (n) => {
    const semaphore = new Semaphore(1);
    const permit = semaphore.tryAcquire();
    const scope = new CancelScope();
    const done = scope.run(() => ignoring(fill(n, () => semaphore.acquire())));
    return () => {
      scope.cancel();
      return done.then(() => permit.release());
    };
  },
  "corral: n wait for a Semaphore, one signal": (n) => {
    const semaphore = new Semaphore(1);
    const permit = semaphore.tryAcquire();
    const controller = new AbortController();
    const { signal } = controller;
    const done = ignoring(fill(n, () => semaphore.acquire({ signal })));
    return () => {
      controller.abort();
      return done.then(() => permit.release());
    };
  },
  "corral: n wait for a Mutex, a signal each, random order": (n) => {
    const mutex = new Mutex();
    const permit = mutex.tryAcquire();
    const controllers = fill(n, () => new AbortController());
    const done = ignoring(controllers.map(({ signal }) => mutex.acquire({ signal })));
    const order = shuffled(controllers);
    return () => {
      for (const controller of order) controller.abort();
      return done.then(() => permit.release());
    };
  },
  "corral: n wait to receive, scope.cancel()": (n) => {
    const [, receiver] = channel(0);
    const scope = new CancelScope();
    const done = scope.run(() => ignoring(fill(n, () => receiver.receive())));
    return () => {
      scope.cancel();
      return done;
    };
  },
  "by hand: a listener each on one signal": {
    most: 10_000,
    register: (n) => {
      const controller = new AbortController();
      const { signal } = controller;
      const wait = () =>
        new Promise((_, reject) => {
          const abort = () => reject(signal.reason);
          signal.addEventListener("abort", abort, { once: true });
        });
      const done = ignoring(fill(n, wait));
      return () => {
        controller.abort();
        return done;
      };
    },
  },
  "by hand: a signal and a listener each, random order": (n) => {
    const controllers = fill(n, () => new AbortController());
    const wait = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    const done = ignoring(controllers.map(wait));
    const order = shuffled(controllers);
    return () => {
      for (const controller of order) controller.abort();
      return done;
    };
  },
};
if (pQueue) {
  cases["p-queue: n queued, one signal"] = {
    most: 10_000,
    register: (n) => {
      const queue = new pQueue.default({ concurrency: 1 });
      void queue.add(() => new Promise(ignore));
      const controller = new AbortController();
      const done = ignoring(fill(n, () => queue.add(ignore, { signal: controller.signal })));
      return () => {
        controller.abort();
        return done;
      };
    },
  };
}
if (asyncMutex) {
  cases["async-mutex: n wait, cancel() of all"] = {
    most: 10_000,
    register: (n) => {
      const mutex = new asyncMutex.Mutex();
      void mutex.acquire();
      const done = ignoring(fill(n, () => mutex.acquire()));
      return () => {
        mutex.cancel();
        return done;
      };
    },
  };
}
if (effect) {
  const { Effect, Fiber, Semaphore: Theirs } = effect;
  cases["effect 4: n fibers on a Semaphore, interruptAll"] = {
    most: 10_000,
    register: (n) => {
      const semaphore = Effect.runSync((Theirs?.make ?? Effect.makeSemaphore)(1));
      const never = semaphore.withPermits(1)(Effect.never);
      const fibers = fill(n + 1, () => Effect.runFork(never));
      return () => Effect.runPromise(Fiber.interruptAll(fibers));
    },
  };
  cases["effect 4: n fibers that sleep, interruptAll"] = {
    most: 10_000,
    register: (n) => {
      const fibers = fill(n, () => Effect.runFork(Effect.sleep(FOREVER_MS)));
      return () => Effect.runPromise(Fiber.interruptAll(fibers));
    },
  };
}
if (effection) {
  const { run, sleep: rest, spawn, suspend } = effection;
  cases["effection: n tasks that sleep, halt()"] = {
    most: 1000,
    register: (n) => {
      const task = run(function* () {
        for (let i = 0; i < n; i++) yield* spawn(() => rest(2 ** 31 - 1));
        yield* suspend();
      });
      return async () => {
        task.catch?.(ignore);
        await task.halt();
      };
    },
  };
}

const measured = Object.entries(cases)
  .filter(([name]) => options.only.test(name))
  .map(([name, definition]) => ({
    name,
    register: definition.register ?? definition,
    sizes: SIZES.filter((n) => n <= (definition.most ?? Infinity)),
    perWaiter: new Map(),
  }));

async function once({ register }, n) {
  collect();
  const start = performance.now();
  const cancel = register(n);
  const registered = performance.now();
  await nextTurn();
  const before = performance.now();
  await cancel();
  const end = performance.now();
  return [((registered - start) * 1e6) / n, ((end - before) * 1e6) / n];
}

for (const each of measured) for (let i = 0; i < 5; i++) await once(each, SIZES[0]);
for (let round = 0; round < options.rounds; round++) {
  for (const n of SIZES) {
    for (const each of shuffled(measured)) {
      if (!each.sizes.includes(n)) continue;
      const seen = each.perWaiter.get(n) ?? [];
      each.perWaiter.set(n, seen);
      seen.push(await once(each, n));
    }
  }
}

heading(
  "cancel: per waiter, to register / to cancel",
  `${options.rounds} rounds, ${process.version}`,
);
const rows = measured.map(({ name, perWaiter }) => {
  const medians = new Map(
    [...perWaiter].map(([n, seen]) => [
      n,
      [median(seen.map(([first]) => first)), median(seen.map(([, last]) => last))],
    ]),
  );
  const ends = [...medians.values()];
  return { name, medians: Object.fromEntries(medians), growth: ends.at(-1)[1] / ends[0][1] };
});
printRows(
  [["", 52], ...SIZES.map((n) => [`n = ${n}`, 23]), ["growth", 9]],
  rows.map(({ name, medians, growth }) => [
    name,
    ...SIZES.map((n) => (medians[n] === undefined ? "-" : medians[n].map(ns).join(" / "))),
    times(growth),
  ]),
);
record({ title: "cancel", rows });
for (const { name, growth } of rows) {
  if (name.startsWith("corral")) {
    goal(`${name}: flat from 1k to 100k (<= ${times(FLAT)})`, growth <= FLAT, times(growth));
  }
}
