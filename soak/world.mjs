// What the programs of an episode share, and what must be true of it at any time and in the end.

import {
  AsyncLru,
  Barrier,
  batch,
  Broadcast,
  CapacityLimiter,
  channel,
  checkpoint,
  CircuitBreaker,
  Condition,
  keyed,
  KeyedMutex,
  limit,
  Mutex,
  Pool,
  Queue,
  RateLimiter,
  RwLock,
  Semaphore,
  SingleFlight,
  sleep,
  Watch,
  WorkQueue,
} from "../dist/index.js";

export const PERMITS = 3;
export const KEYS = ["a", "b", "c"];

/** Counts those inside, and fails when there are more than may be. */
class Inside {
  #count = 0;

  constructor(world, name, most) {
    this.world = world;
    this.name = name;
    this.most = most;
  }

  enter(weight = 1) {
    this.#count += weight;
    this.world.must(this.#count <= this.most, `${this.#count} of ${this.most} in ${this.name}`);
  }

  leave(weight = 1) {
    this.#count -= weight;
    this.world.must(this.#count >= 0, `${this.#count} in ${this.name}`);
  }

  get count() {
    return this.#count;
  }
}

export class World {
  failures = [];
  /** Bodies of tasks and sections that run right now. */
  running = 0;
  /** How many steps the programs have done, by kind. */
  steps = new Map();
  #inside = new Map();
  #items = 0;
  /** Items that were sent and not seen again. */
  pending = new Set();
  #versions = new Map();
  /** Those of the pool that were made and not destroyed. */
  resources = 0;
  #made = 0;

  constructor(random) {
    this.random = random;
    this.mutex = new Mutex();
    this.semaphore = new Semaphore(PERMITS);
    this.capacity = new CapacityLimiter(PERMITS);
    this.rwLock = new RwLock();
    this.keyedMutex = new KeyedMutex();
    this.condition = new Condition();
    this.barrier = new Barrier(3);
    this.limited = limit(PERMITS);
    this.keyed = keyed(1, { total: PERMITS });
    this.work = new WorkQueue({ concurrency: PERMITS, capacity: 8 });
    this.rate = new RateLimiter({ limit: 50, perMs: 5 });
    this.queue = new Queue({ capacity: 2 });
    this.pool = new Pool({
      create: (scope) => this.create(scope),
      destroy: () => void this.resources--,
      max: PERMITS,
      maxUses: 5,
    });
    const undelivered = { onUndelivered: (item) => this.seen(item, "undelivered") };
    [this.sender, this.receiver] = channel(random.pick([0, 1, 4]), undelivered);
    this.broadcast = new Broadcast({ capacity: 4, onLag: "skip" });
    this.watch = new Watch(0);
    this.flights = new SingleFlight();
    this.breaker = new CircuitBreaker({ failures: 5, openMs: 2 });
    this.cache = new AsyncLru({
      max: 2,
      ttlMs: random.pick([1, 5, 1_000]),
      staleWhileRevalidateMs: random.pick([0, 5]),
      load: (key, scope) => this.load(key, scope),
    });
    this.loadAll = batch(
      async (keys) => {
        this.must(new Set(keys).size === keys.length, "a batch has a key twice");
        return keys.map((key) => `${key} loaded`);
      },
      { max: 4, windowMs: 1 },
    );
  }

  must(right, what) {
    if (!right) this.failures.push(what);
  }

  step(kind) {
    this.steps.set(kind, (this.steps.get(kind) ?? 0) + 1);
  }

  inside(name, most) {
    let inside = this.#inside.get(name);
    if (inside === undefined) this.#inside.set(name, (inside = new Inside(this, name, most)));
    return inside;
  }

  /** Runs a section that no more than `most` may be in. */
  async section(name, most, weight, body) {
    const inside = this.inside(name, most);
    inside.enter(weight);
    this.running++;
    try {
      return await body();
    } finally {
      this.running--;
      inside.leave(weight);
    }
  }

  item() {
    const item = ++this.#items;
    this.pending.add(item);
    return item;
  }

  seen(item, how) {
    this.must(this.pending.delete(item), `item ${item} was ${how} twice, or never sent`);
  }

  /** The version of a key in the imagined store behind the cache. */
  version(key) {
    return this.#versions.get(key) ?? 0;
  }

  /** Changes the store, and then invalidates: who asks from now on must not see what was before. */
  change(key) {
    this.#versions.set(key, this.version(key) + 1);
    this.cache.delete(key);
  }

  async load(key, { signal }) {
    const version = this.version(key);
    await this.pause(signal);
    if (this.random.chance(0.1)) throw new Error("the store fails");
    return version;
  }

  async create({ signal }) {
    await this.pause(signal);
    if (this.random.chance(0.1)) throw new Error("the store fails");
    this.resources++;
    this.must(this.resources <= PERMITS, `${this.resources} of ${PERMITS} in Pool`);
    return { id: ++this.#made };
  }

  /** A wait that is over soon: of a timer, or of nothing. */
  async pause(signal) {
    if (this.random.chance(0.5)) await sleep(this.random.below(3), { signal });
    else await checkpoint({ signal });
  }

  /** After all programs have ended and what they shared was closed. */
  check() {
    const still = (name, figures) => {
      for (const [figure, count] of Object.entries(figures)) {
        this.must(count === 0, `${name} has ${figure}: ${count} in the end`);
      }
    };
    still("the episode", { running: this.running });
    for (const inside of this.#inside.values()) still(inside.name, { inside: inside.count });
    still("Mutex", { locked: Number(this.mutex.locked), waiting: this.mutex.stats().waiting });
    const free = this.semaphore.available;
    still("Semaphore", { held: PERMITS - free, waiting: this.semaphore.waiting });
    still("limit", { active: this.limited.active, pending: this.limited.pending });
    still("limit", { zombies: this.limited.zombies });
    still("keyed", { size: this.keyed.size });
    still("KeyedMutex", { size: this.keyedMutex.size });
    still("CapacityLimiter", { owners: this.capacity.owners.length });
    still("SingleFlight", { loads: this.flights.stats().loads });
    still("AsyncLru", { loading: this.cache.stats().loading });
    this.must(this.cache.stats().size <= 2, "AsyncLru is larger than its max");
    still("channel and queue", { pending: this.pending.size });
    still("queue", { size: this.queue.size });
    still("Pool", { resources: this.resources });
    still("WorkQueue", {
      running: this.work.running().length,
      waiting: this.work.waiting().length,
    });
  }
}
