// Bytes of heap that something pending holds, after a full collection.
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
import { park, placeOf, WaitQueue } from "../dist/cancel/wait.js";
import { settledHeap } from "./support/heap.mjs";
import { options } from "./support/options.mjs";
import { peer } from "./support/peers.mjs";
import { goal, heading, printRows, record } from "./support/report.mjs";
import { median, shuffled } from "./support/statistics.mjs";
import { nextTurn } from "./support/work.mjs";

// As in production.
setDeadlockDetection(false);

const COUNT = 20_000;
const FOREVER_MS = 1e9;
const WAIT_BYTES = 350;
const [pLimit, pQueue, fastq, asyncSema, asyncMutex, toolkit, caolan, effect, effection] =
  await Promise.all(
    [
      "p-limit",
      "p-queue",
      "fastq",
      "async-sema",
      "async-mutex",
      "es-toolkit",
      "async",
      "effect",
      "effection",
    ].map(peer),
  );

const ignore = () => {};
// One for all of a case, and held here: what waits on a promise that nobody can resolve is garbage.
let forever;
let release;
const never = () => forever;
const held = new Array(COUNT).fill(undefined);
let count = COUNT;
/** Results go into an array that is there already, so that it does not count. */
const fill = (make) => {
  for (let i = 0; i < count; i++) held[i] = make(i);
};

/** Runs `fn` in a scope that stays open until the case is over. */
function inScope(fn) {
  const scope = new CancelScope();
  const done = scope.run(() => {
    fn();
    return never();
  });
  done.catch(ignore);
  return { done, scope };
}

function inGroup(child) {
  let group;
  const done = taskGroup((opened) => {
    group = opened;
    fill(() => opened.spawn(child));
    return never();
  });
  done.catch(ignore);
  return { done, group };
}

// Sets up, and gives what has to stay alive; `undo` afterwards. The promise on which a child or a task
// waits is shared, so it does not count.
const cases = {
  "a bare pending promise": { hold: () => fill(() => new Promise(ignore)) },
  "{ promise, resolve }": {
    hold: () => {
      let keep;
      const capture = (resolve) => (keep = resolve);
      fill(() => ({ promise: new Promise(capture), resolve: keep }));
    },
  },
  "an async function that awaits": {
    hold: () => fill(() => (async () => void (await forever))()),
  },
  setTimeout: {
    hold: () => fill(() => setTimeout(ignore, 2 ** 31 - 1)),
    undo: () => held.forEach(clearTimeout),
  },
  "corral: Semaphore.acquire, no scope": {
    hold: () => {
      const semaphore = new Semaphore(1);
      const permit = semaphore.tryAcquire();
      fill(() => semaphore.acquire());
      return { semaphore, permit };
    },
  },
  "corral: Semaphore.acquire in a scope": {
    hold: () => {
      const semaphore = new Semaphore(1);
      const permit = semaphore.tryAcquire();
      return { semaphore, permit, ...inScope(() => fill(() => semaphore.acquire())) };
    },
  },
  "corral: Mutex.run(fn)": {
    hold: () => {
      const mutex = new Mutex();
      const permit = mutex.tryAcquire();
      fill(() => mutex.run(never));
      return { mutex, permit };
    },
  },
  "corral: Receiver.receive": {
    hold: () => {
      const ends = channel(0);
      fill(() => ends[1].receive());
      return ends;
    },
  },
  "corral: a wait of the kernel, no scope": {
    hold: () => {
      const line = new WaitQueue("bench");
      fill(() => park(line, placeOf(undefined), undefined));
      return line;
    },
  },
  "corral: a wait of the kernel in a scope": {
    hold: () => {
      const line = new WaitQueue("bench");
      return { line, ...inScope(() => fill(() => park(line, placeOf(undefined), undefined))) };
    },
  },
  "corral: the same, with a signal beside the scope": {
    hold: () => {
      const line = new WaitQueue("bench");
      const { signal } = new AbortController();
      return { line, signal, ...inScope(() => fill(() => park(line, placeOf(signal), signal))) };
    },
  },
  "corral: a queued limit call, no scope": {
    hold: () => {
      const run = limit(1);
      void run(never);
      fill(() => run(ignore));
      return run;
    },
  },
  "corral: a queued limit call in a scope": {
    hold: () => {
      const run = limit(1);
      void run(never);
      return { run, ...inScope(() => fill(() => run(ignore))) };
    },
  },
  "corral: a queued limit call with a signal": {
    hold: () => {
      const run = limit(1);
      void run(never);
      const { signal } = new AbortController();
      fill(() => run(ignore, { signal }));
      return { run, signal };
    },
  },
  "corral: a sleep in a scope": {
    hold: () => inScope(() => fill(() => sleep(FOREVER_MS).catch(ignore))),
    undo: async ({ scope }) => {
      scope.cancel();
      await nextTurn();
    },
  },
  "corral: a child": {
    hold: () => inGroup(never),
  },
  "corral: a child that sleeps": {
    hold: () => inGroup(() => sleep(FOREVER_MS)),
    undo: async ({ group }) => {
      group.cancel();
      await nextTurn();
    },
  },
  "corral: a child, signal read": {
    hold: () =>
      inGroup((task) => {
        void task.scope.signal;
        return never();
      }),
  },
};
if (pLimit) {
  cases["p-limit: queued"] = {
    hold: () => {
      const run = pLimit.default(1);
      void run(never);
      fill(() => run(ignore));
      return run;
    },
  };
}
if (asyncSema) {
  cases["async-sema: acquire"] = {
    hold: () => {
      const semaphore = new asyncSema.Sema(1, { capacity: COUNT });
      void semaphore.acquire();
      fill(() => semaphore.acquire());
      return semaphore;
    },
  };
}
if (asyncMutex) {
  cases["async-mutex: acquire"] = {
    hold: () => {
      const mutex = new asyncMutex.Mutex();
      void mutex.acquire();
      fill(() => mutex.acquire());
      return mutex;
    },
  };
}
if (toolkit) {
  cases["es-toolkit Mutex: acquire"] = {
    hold: () => {
      const mutex = new toolkit.Mutex();
      void mutex.acquire();
      fill(() => mutex.acquire());
      return mutex;
    },
  };
}
if (fastq) {
  cases["fastq.promise: queued"] = {
    hold: () => {
      const queue = fastq.default.promise(async (task) => task(), 1);
      void queue.push(never);
      fill(() => queue.push(ignore));
      return queue;
    },
  };
}
if (caolan) {
  cases["async.queue: queued"] = {
    hold: () => {
      const queue = caolan.default.queue(async (task) => task(), 1);
      void queue.pushAsync(never);
      fill(() => queue.pushAsync(ignore));
      return queue;
    },
  };
}
if (pQueue) {
  const queued = (options) => () => {
    const queue = new pQueue.default({ concurrency: 1 });
    void queue.add(never);
    fill(() => queue.add(ignore, options()));
    return queue;
  };
  cases["p-queue: queued"] = { hold: queued(() => undefined) };
  cases["p-queue: queued, a signal each"] = {
    hold: queued(() => ({ signal: new AbortController().signal })),
  };
}
if (effect) {
  const { Effect } = effect;
  cases["effect 4: a fiber"] = {
    hold: () => fill(() => Effect.runFork(Effect.promise(never))),
  };
}
if (effection) {
  const { run, spawn, suspend } = effection;
  cases["effection: a suspended task"] = {
    count: 1000,
    hold: () =>
      run(function* () {
        for (let i = 0; i < count; i++) held[i] = yield* spawn(suspend);
        yield* suspend();
      }),
    undo: (task) => {
      task.catch(ignore);
      return task.halt();
    },
  };
}

async function measure({ hold, undo, count: fewer }) {
  count = fewer ?? COUNT;
  forever = new Promise((resolve) => (release = resolve));
  const before = await settledHeap();
  const kept = hold();
  const bytes = ((await settledHeap()) - before) / count;
  await undo?.(kept);
  held.fill(undefined);
  release();
  return bytes;
}

const measured = Object.entries(cases)
  .filter(([name]) => options.only.test(name))
  .map(([name, definition]) => ({ name, definition, bytes: [] }));
for (const { definition } of measured) await measure(definition);
for (let round = 0; round < Math.min(options.rounds, 7); round++) {
  for (const { definition, bytes } of shuffled(measured)) bytes.push(await measure(definition));
}

const rows = measured.map(({ name, bytes }) => ({ name, bytes: Math.round(median(bytes)) }));
heading("memory: bytes held each", `${COUNT} at a time, ${process.version}`);
printRows(
  [
    ["", 52],
    ["bytes", 10],
  ],
  rows.map(({ name, bytes }) => [name, String(bytes)]),
);
record({ title: "memory", rows });
const wait = rows.find(({ name }) => name === "corral: a wait of the kernel in a scope");
if (wait && process.version.startsWith("v24."))
  goal(
    `a pending wait in a scope holds <= ${WAIT_BYTES} bytes`,
    wait.bytes <= WAIT_BYTES,
    `${wait.bytes}`,
  );
