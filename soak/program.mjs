// A random program: steps within steps, each of which may wait, fail, be cancelled or run out of time.

import {
  after,
  any,
  cancellable,
  CancelScope,
  chunk,
  completed,
  fallback,
  gather,
  gatherSettled,
  hedge,
  isCancellation,
  map,
  mapStream,
  merge,
  moveOnAfter,
  race,
  recv,
  retry,
  select,
  shield,
  sleep,
  TaskGroup,
  taskGroup,
  timeout,
} from "../dist/index.js";
import { KEYS, PERMITS } from "./world.mjs";

class Fault extends Error {}

/** What steps may fail with, apart from cancellation. */
const EXPECTED = new Set([
  "CircuitOpenError",
  "ClosedError",
  "DeadlockError",
  "QueueFullError",
  "TimeoutError",
]);

function isExpected(error) {
  if (error instanceof Fault || isCancellation(error) || EXPECTED.has(error?.name)) return true;
  if (error instanceof AggregateError) return error.errors.every(isExpected);
  return error?.message === "the store fails";
}

export class Program {
  #scopes = new Set();
  #left;

  constructor(world, steps) {
    this.world = world;
    this.random = world.random;
    this.#left = steps;
  }

  /** Runs it in a scope that may be cancelled or run out of time; all failures end here. */
  async run(scope) {
    this.#scopes.add(scope);
    try {
      await scope.run(() => this.body(0, scope));
    } catch (error) {
      this.world.must(isExpected(error), `a program ends with ${error?.stack ?? String(error)}`);
    }
  }

  /** Some steps, one after the other. */
  async body(depth, scope) {
    const { world, random } = this;
    world.running++;
    try {
      const count = 1 + random.below(4);
      for (let i = 0; i < count && this.#left > 0; i++) await this.#step(depth, scope);
    } finally {
      world.running--;
    }
  }

  async #step(depth, scope) {
    this.#left--;
    const { random } = this;
    const kinds = depth < 4 ? [...INNER, ...OUTER] : INNER;
    const [kind, step] = random.pick(kinds);
    this.world.step(kind);
    // Half of the waits find their scope by themselves, the others get its signal.
    const at = random.chance(0.5) ? { signal: scope.signal } : undefined;
    try {
      await step(this, { depth: depth + 1, scope, at });
    } catch (error) {
      if (random.chance(0.5) || scope.cancelled) throw error;
      this.world.must(isExpected(error), `${kind} fails with ${error?.stack ?? String(error)}`);
    }
  }

  /** A step of a task or section, as a function that gets the scope it runs in. */
  part(depth) {
    return (scope) => this.body(depth, scope?.scope ?? scope);
  }

  /** As many as a program may want. */
  parts(depth, most = 4) {
    return Array.from({ length: 1 + this.random.below(most) }, () => this.part(depth));
  }

  cancelSome() {
    const scopes = [...this.#scopes].filter((each) => !each.ended);
    if (scopes.length > 0) this.random.pick(scopes).cancel("the soak");
  }

  remember(scope) {
    this.#scopes.add(scope);
    return scope;
  }
}

const sections =
  (acquire, name, most) =>
  async (program, { depth, scope, at }) => {
    const { world } = program;
    const permit = await acquire(world, at, program);
    try {
      await world.section(name(program), most, 1, () => program.body(depth + 2, scope));
    } finally {
      permit.release();
    }
  };

/** Steps that are not made of others. */
const INNER = Object.entries({
  sleep: ({ world }, { scope }) => world.pause(scope.signal),
  fault: ({ random }) => {
    if (random.chance(0.2)) throw new Fault("a fault");
  },
  cancel: (program) => {
    if (program.random.chance(0.05)) program.cancelSome();
  },
  mutex: ({ world }, { scope, at }) =>
    world.mutex.run(() => world.section("Mutex", 1, 1, () => world.pause(scope.signal)), at),
  weighted: async ({ world, random }, { scope, at }) => {
    const weight = 1 + random.below(PERMITS);
    const permit = await world.semaphore.acquire({ ...at, weight });
    try {
      await world.section("Semaphore", PERMITS, weight, () => world.pause(scope.signal));
    } finally {
      permit.release();
    }
  },
  capacity: ({ world }, { scope, at }) =>
    world.capacity.run(
      () => world.section("CapacityLimiter", PERMITS, 1, () => world.pause(scope.signal)),
      { ...at, key: {} },
    ),
  read: ({ world }, { scope, at }) =>
    world.rwLock.read.run(() => {
      world.must(world.inside("RwLock, writers", 1).count === 0, "a reader beside a writer");
      return world.section("RwLock, readers", Infinity, 1, () => world.pause(scope.signal));
    }, at),
  write: ({ world }, { scope, at }) =>
    world.rwLock.write.run(() => {
      const readers = world.inside("RwLock, readers", Infinity);
      world.must(readers.count === 0, "a writer beside a reader");
      return world.section("RwLock, writers", 1, 1, () => world.pause(scope.signal));
    }, at),
  condition: ({ world }, { scope, at }) =>
    world.condition.run(async (held) => {
      await moveOnAfter(1, ({ signal }) => held.wait({ signal }), { signal: scope.signal });
      await world.section("Condition", 1, 1, () => world.pause(scope.signal));
      held.notify();
    }, at),
  pooled: ({ world }, { scope, at }) =>
    world.pool.run(
      (resource) => world.section(`Pool ${resource.id}`, 1, 1, () => world.pause(scope.signal)),
      at,
    ),
  keyedMutex: ({ world, random }, { scope, at }) => {
    const key = random.pick(KEYS);
    const body = () => world.section(`KeyedMutex ${key}`, 1, 1, () => world.pause(scope.signal));
    return world.keyedMutex.run(key, body, at);
  },
  barrier: ({ world }, { scope }) =>
    moveOnAfter(2, ({ signal }) => world.barrier.wait({ signal }), {
      signal: scope.signal,
    }).finally(() => world.barrier.broken && world.barrier.reset()),
  limit: ({ world }, { at }) =>
    world.limited(
      (scope) => world.section("limit", PERMITS, 1, () => world.pause(scope?.signal)),
      at,
    ),
  keyed: ({ world, random }, { at }) => {
    const key = random.pick(KEYS);
    return world.keyed.run(
      key,
      () =>
        world.section("keyed, in all", PERMITS, 1, () =>
          world.section(`keyed ${key}`, 1, 1, () => world.pause()),
        ),
      at,
    );
  },
  work: ({ world, random }, { at }) =>
    world.work.add(
      ({ signal }) => world.section("WorkQueue", PERMITS, 1, () => world.pause(signal)),
      { ...at, priority: random.below(3) },
    ),
  rate: ({ world }, { at }) => world.rate.run(() => undefined, at),
  // Each item is received or undelivered, once: also that of a send which is cancelled.
  send: ({ world }, { at, scope }) =>
    timeout(3, ({ signal }) => world.sender.send(world.item(), { signal }), {
      signal: at?.signal ?? scope.signal,
    }),
  receive: async ({ world }, { scope }) => {
    const item = await moveOnAfter(2, ({ signal }) => world.receiver.receive({ signal }), {
      signal: scope.signal,
    });
    if (item !== undefined) world.seen(item, "received");
  },
  // Who is refused, or gave up, has put nothing; what was put is got once.
  put: async ({ world }, { scope }) => {
    const item = world.item();
    const put = ({ signal }) =>
      world.queue.put(item, { signal }).catch((error) => {
        world.seen(item, "put in vain");
        throw error;
      });
    await moveOnAfter(2, put, { signal: scope.signal });
  },
  get: ({ world }, { scope }) => {
    const get = async ({ signal }) => {
      world.seen(await world.queue.get({ signal }), "got");
      world.queue.taskDone();
    };
    return moveOnAfter(2, get, { signal: scope.signal });
  },
  take: ({ world }) => {
    const got = world.receiver.tryReceive();
    if (got !== undefined) world.seen(got.value, "received");
  },
  select: async ({ world }, { at }) => {
    const got = await select({ item: recv(world.receiver), late: after(1) }, at);
    if (got.key === "item") world.seen(got.value, "received");
  },
  publish: async ({ world }, { scope }) => {
    const subscription = world.broadcast.subscribe();
    try {
      world.broadcast.publish(1);
      const first = await subscription.receive({ signal: scope.signal });
      world.must(first === 1, "a subscriber gets what nobody has published");
    } finally {
      subscription.close();
    }
  },
  watch: async ({ world }, { at }) => {
    const next = world.watch.value + 1;
    world.watch.set(next);
    await world.watch.waitFor((value) => value >= next, at);
  },
  flight: ({ world, random }, { at }) =>
    world.flights.run(random.pick(KEYS), ({ signal }) => world.pause(signal), at),
  cached: async ({ world, random }, { at }) => {
    const key = random.pick(KEYS);
    const before = world.version(key);
    const value = await world.cache.get(key, at);
    world.must(value >= before, `${key} has the version ${value}, invalidated before ${before}`);
  },
  invalidate: ({ world, random }) => {
    if (random.chance(0.3)) world.change(random.pick(KEYS));
  },
  batch: async ({ world, random }, { at }) => {
    const key = random.pick(KEYS);
    const value = await world.loadAll(key, at);
    world.must(value === `${key} loaded`, `a batch gives ${value} for ${key}`);
  },
  detached: (_, { at }) => cancellable(new Promise((resolve) => setTimeout(resolve, 1)), at),
});

/** Steps within which others run. */
const OUTER = Object.entries({
  group: (program, { depth }) =>
    taskGroup(async (group) => {
      for (const part of program.parts(depth, 5)) group.spawn(part);
      if (program.random.chance(0.1)) group.cancel("enough");
      await program.body(depth, group.scope);
    }),
  using: async (program, { depth, at }) => {
    const group = new TaskGroup({ ...at, concurrency: 1 + program.random.below(3) });
    try {
      for (const part of program.parts(depth)) group.spawn(part);
      await group.join();
    } finally {
      await group[Symbol.asyncDispose]();
    }
  },
  gather: (program, { depth, at }) => gather(program.parts(depth), at),
  settled: (program, { depth, at }) => gatherSettled(program.parts(depth), at),
  race: (program, { depth, at }) => race(program.parts(depth), { ...at, onLoser: () => {} }),
  any: (program, { depth, at }) => any(program.parts(depth), { ...at, onLoser: () => {} }),
  map: (program, { depth, at }) =>
    map([1, 2, 3], (_, __, scope) => program.body(depth, scope), {
      ...at,
      concurrency: 2,
      onError: program.random.pick(["cancel", "collect"]),
    }),
  stream: async (program, { depth, at }) => {
    const work = (_, __, scope) => program.body(depth, scope);
    for await (const nothing of mapStream([1, 2, 3, 4], work, { ...at, concurrency: 2 })) {
      program.world.must(nothing === undefined, "a stream gives what no function gave");
      if (program.random.chance(0.2)) break;
    }
  },
  merge: async (program, { scope }) => {
    async function* some() {
      for (let i = 0; i < 3; i++) {
        await program.world.pause(scope.signal);
        yield i;
      }
    }
    for await (const items of chunk(merge([some(), some()]), { size: 2 })) {
      program.world.must(items.length > 0, "a chunk of nothing");
    }
  },
  completed: async (program, { depth }) => {
    for await (const { status } of completed(program.parts(depth), { concurrency: 2 })) {
      if (status === "rejected" && program.random.chance(0.3)) break;
    }
  },
  timeout: (program, { depth, at }) =>
    timeout(1 + program.random.below(8), program.part(depth), at),
  moveOn: (program, { depth, at }) =>
    moveOnAfter(1 + program.random.below(8), program.part(depth), at),
  shield: (program, { scope, at }) =>
    // What is shielded is short: a shield holds up whoever cancels.
    shield(({ signal }) => program.world.pause(signal), { ...at, timeoutMs: 5 }).then(() => scope),
  scope: (program, { depth }) => {
    const scope = program.remember(new CancelScope());
    return scope.run(() => program.body(depth, scope));
  },
  retry: (program, { depth, at }) =>
    retry((attempt) => program.body(depth, attempt.scope), {
      ...at,
      attempts: 2,
      backoff: () => 1,
    }),
  hedge: (program, { depth, at }) =>
    hedge((scope) => program.body(depth, scope), { ...at, delayMs: 2, max: 2 }),
  breaker: (program, { depth, at }) =>
    program.world.breaker.run((scope) => program.body(depth, scope), at),
  fallback: (program, { depth, scope, at }) =>
    fallback(
      () => program.body(depth, scope),
      () => undefined,
      at,
    ),
  permit: sections(
    (world, at) => world.mutex.acquire(at),
    () => "Mutex",
    1,
  ),
  wait: ({ world }, { scope }) =>
    sleep(1, { signal: scope.signal }).then(() => world.pause(scope.signal)),
});
