import {
  type Ending,
  type NaiveFlight,
  NaiveFlights,
  type NaiveWaiter,
  type Plan,
  saidOf,
} from "./naive-flights.ts";

/** How a cache of a run is made. */
export interface Settings {
  readonly max: number;
  readonly maxSize: number;
  readonly ttlMs: number;
  /** Whether the time to live is computed: then it is none for a bad value. */
  readonly computed: boolean;
  readonly staleWhileRevalidateMs: number | undefined;
  readonly staleIfErrorMs: number | undefined;
  readonly negativeTtlMs: number | undefined;
  /** Whether failures are negative, too. */
  readonly negativeFailures: boolean;
  readonly keepAlive: boolean;
  readonly sliding: boolean;
  readonly refreshAheadMs: number;
}

/** What a load gives, or is put in place. */
export type NaiveValue = Pick<Plan, "ends" | "size" | "tag"> & { readonly number: number };

export type Keeping = Plan["keeping"];

/** Somebody who holds a value. */
interface NaiveLease {
  readonly id: number;
  readonly value: NaiveValue;
}

/** A value or a failure that is kept. */
interface NaiveResult {
  readonly value: NaiveValue;
  readonly failed: boolean;
  readonly ttlMs: number;
  freshUntil: number;
  readonly size: number;
  readonly tags: readonly string[];
}

/** What there is of a key. */
interface NaiveEntry {
  readonly key: string;
  result: NaiveResult | undefined;
  /** The load that began last of those that may write. */
  flight: NaiveFlight | undefined;
  /** Those before it that may write still: they are in doubt, and nobody joins them. */
  older: NaiveFlight[];
}

const NO_PLAN: Plan = {
  ms: 0,
  ends: "value",
  deaf: false,
  size: 1,
  tag: undefined,
  keeping: {},
};

function tagsOf({ tag, ends }: NaiveValue, keeping: Keeping): readonly string[] {
  return keeping.tags ?? (tag === undefined || ends === "nothing" ? [] : [tag]);
}

function sizeOf({ size, ends }: NaiveValue): number {
  return ends === "nothing" ? 1 : size;
}

/** A cache in the plainest way: lists that are looked through, and what is kept in the order of its going. */
export class NaiveCache extends NaiveFlights {
  readonly #settings: Settings;
  readonly #entries: NaiveEntry[] = [];
  /** Values that have gone, but are held, and why they have gone. */
  readonly #gone = new Map<number, string>();
  /** Of each load the entry that it was begun for. */
  readonly #origins = new Map<NaiveFlight, NaiveEntry>();
  order: NaiveEntry[] = [];
  leases: NaiveLease[] = [];
  readonly disposed: string[] = [];
  readonly events: string[] = [];
  /** What each load has found in place when it was called. */
  readonly previous: string[] = [];
  readonly figures = { hits: 0, staleHits: 0, misses: 0, failures: 0, evictions: 0 };

  constructor(settings: Settings, plans: readonly Plan[]) {
    super(plans);
    this.#settings = settings;
  }

  get totalSize(): number {
    return this.order.reduce((sum, { result }) => sum + result!.size, 0);
  }

  #find(key: string): NaiveEntry | undefined {
    return this.#entries.find((entry) => entry.key === key);
  }

  #add(key: string): NaiveEntry {
    const entry: NaiveEntry = { key, result: undefined, flight: undefined, older: [] };
    this.#entries.push(entry);
    return entry;
  }

  #forget(entry: NaiveEntry): void {
    const at = this.#entries.indexOf(entry);
    if (at >= 0) this.#entries.splice(at, 1);
  }

  fresh(key: string): NaiveValue | undefined {
    const result = this.#find(key)?.result;
    if (result === undefined || result.failed || result.freshUntil <= this.time) return undefined;
    return result.value;
  }

  get(waiter: NaiveWaiter, key: string): void {
    const { sliding, refreshAheadMs, staleWhileRevalidateMs = 0, keepAlive } = this.#settings;
    const entry = this.#find(key) ?? this.#add(key);
    const { result } = entry;
    if (result !== undefined) {
      const left = result.freshUntil - this.time;
      if (left > 0) {
        this.figures.hits++;
        this.events.push(`hit ${key}`);
        if (left < Infinity && !result.failed) {
          if (sliding) result.freshUntil = this.time + result.ttlMs;
          else if (left <= refreshAheadMs) this.#behind(entry);
        }
        this.#give(entry, waiter);
        return;
      }
      if (!result.failed && left > -staleWhileRevalidateMs) {
        this.figures.staleHits++;
        this.events.push(`staleHit ${key}`);
        this.#behind(entry);
        this.#give(entry, waiter);
        return;
      }
    }
    this.figures.misses++;
    this.events.push(`miss ${key}`);
    const flight = this.#load(entry, keepAlive);
    flight.waiters.push(waiter);
    this.start(flight);
  }

  #give(entry: NaiveEntry, waiter: NaiveWaiter): void {
    const { value, failed } = entry.result!;
    this.heard[waiter.id] = failed ? `failure ${value.number}` : saidOf(value.number, value);
    if (!failed) this.#hold(value, [waiter]);
    this.order = [...this.order.filter((other) => other !== entry), entry];
  }

  #load(entry: NaiveEntry, keepAlive: boolean): NaiveFlight {
    // One of which something was invalidated is not joined.
    if (entry.flight === undefined || entry.flight.cancelled || entry.flight.doubts.length > 0) {
      this.events.push(`load ${entry.key}`);
      if (entry.flight !== undefined) entry.older.push(entry.flight);
      while (entry.older.at(-1)?.cancelled === true) entry.older.pop();
      entry.flight = this.begin(entry.key, keepAlive || this.#settings.keepAlive);
      this.#origins.set(entry.flight, entry);
    }
    entry.flight.keepAlive ||= keepAlive;
    return entry.flight;
  }

  /** No load that is under way may write any more. */
  #leave(entry: NaiveEntry): void {
    entry.flight = undefined;
    entry.older = [];
  }

  #behind(entry: NaiveEntry): void {
    this.start(this.#load(entry, true));
  }

  prefetch(key: string): void {
    if (this.fresh(key) === undefined) this.#behind(this.#find(key) ?? this.#add(key));
  }

  refresh(waiter: NaiveWaiter, key: string): void {
    const entry = this.#find(key) ?? this.#add(key);
    this.#leave(entry);
    const flight = this.#load(entry, this.#settings.keepAlive);
    flight.waiters.push(waiter);
    this.start(flight);
  }

  set(key: string, value: NaiveValue, keeping: Keeping): string {
    const known = this.#find(key);
    const entry = known ?? this.#add(key);
    const done = this.#keep(entry, value, false, keeping);
    if (done === "refused") {
      if (known === undefined) this.#forget(entry);
      return "RangeError";
    }
    if (done === "not kept") {
      this.#forget(entry);
      this.#letGo(value, "unkept");
    }
    this.#leave(entry);
    return "set";
  }

  delete(key: string): boolean {
    const entry = this.#find(key);
    if (entry === undefined) return false;
    this.#forget(entry);
    this.#leave(entry);
    this.#drop(entry, "deleted");
    return true;
  }

  clear(): void {
    for (const { key } of this.#entries.slice()) this.delete(key);
  }

  deleteTag(tag: string): number {
    for (const flight of this.flights) flight.doubts.push((tags) => tags.includes(tag));
    const some = this.order.filter(({ result }) => result!.tags.includes(tag));
    for (const { key } of some) this.delete(key);
    return some.length;
  }

  deleteWhere(predicate: (value: NaiveValue) => boolean): number {
    for (const flight of this.flights) {
      flight.doubts.push((_tags, number) => predicate({ ...flight.plan!, number }));
    }
    const some = this.order.filter(({ result }) => !result!.failed && predicate(result!.value));
    for (const { key } of some) this.delete(key);
    return some.length;
  }

  release(lease: NaiveLease): void {
    this.leases = this.leases.filter((other) => other !== lease);
    const why = this.#gone.get(lease.value.number);
    if (why !== undefined) this.#letGo(lease.value, why);
  }

  #hold(value: NaiveValue, waiters: readonly NaiveWaiter[]): void {
    for (const { id, leases } of waiters) if (leases) this.leases.push({ id, value });
  }

  #letGo(value: NaiveValue, why: string): void {
    const held = this.leases.some((lease) => lease.value.number === value.number);
    if (held) this.#gone.set(value.number, why);
    // Nothing is the same as what comes in its place.
    else if (value.ends !== "nothing") this.disposed.push(`${value.number} ${why}`);
  }

  #drop(entry: NaiveEntry, why: string): void {
    const { result } = entry;
    if (result === undefined) return;
    entry.result = undefined;
    this.order = this.order.filter((other) => other !== entry);
    if (why === "evicted") {
      this.figures.evictions++;
      this.events.push(`eviction ${entry.key}`);
      if (entry.flight === undefined) this.#forget(entry);
    }
    if (!result.failed) this.#letGo(result.value, why);
  }

  #keep(
    entry: NaiveEntry,
    value: NaiveValue,
    failed: boolean,
    keeping: Keeping,
  ): "kept" | "not kept" | "refused" {
    const { max, maxSize, negativeTtlMs, negativeFailures, computed } = this.#settings;
    const negative =
      negativeTtlMs !== undefined && (failed ? negativeFailures : value.ends === "nothing");
    if (failed && !negative) return "not kept";
    const usual = negative ? negativeTtlMs : this.#settings.ttlMs;
    const ttlMs = (failed ? undefined : keeping.ttlMs) ?? usual;
    const bad = computed && value.ends === "bad" && keeping.ttlMs === undefined;
    if (bad) return "refused";
    const size = failed || maxSize === Infinity ? 1 : (keeping.size ?? sizeOf(value));
    const tags = failed ? [] : tagsOf(value, keeping);
    const fits = ttlMs > 0 && size <= maxSize;
    this.#drop(entry, "replaced");
    if (!fits) return "not kept";
    while (this.order.length >= max || this.totalSize + size > maxSize) {
      this.#drop(this.order[0]!, "evicted");
    }
    entry.result = { value, failed, ttlMs, freshUntil: this.time + ttlMs, size, tags };
    this.order.push(entry);
    return "kept";
  }

  override called(flight: NaiveFlight): void {
    super.called(flight);
    const result = this.#origins.get(flight)!.result;
    const known = result?.failed === false ? saidOf(result.value.number, result.value) : "nothing";
    this.previous.push(known);
  }

  override landed(flight: NaiveFlight, ending: Ending): string {
    const { staleIfErrorMs = -Infinity } = this.#settings;
    const { key, number = -1, waiters, cancelled } = flight;
    const plan = flight.plan ?? NO_PLAN;
    const value: NaiveValue = { ...plan, number };
    const entry = this.#origins.get(flight)!;
    const all = entry.flight === undefined ? [] : [...entry.older, entry.flight];
    const at = all.indexOf(flight);
    const may = at >= 0;
    const end = (failed: boolean): void => {
      // A value is newer than those that began before it.
      if (failed) all.splice(at, 1);
      else all.splice(0, at + 1);
      entry.flight = all.pop();
      entry.older = all;
      if (entry.flight === undefined && entry.result === undefined) this.#forget(entry);
    };
    if (ending !== "value") {
      if (!cancelled) {
        this.figures.failures++;
        this.events.push(`failure ${key}`);
        const { result } = entry;
        if (result?.failed === false && result.freshUntil - this.time > -staleIfErrorMs) {
          if (may) end(true);
          this.#hold(result.value, waiters);
          return saidOf(result.value.number, result.value);
        }
        if (may) this.#keep(entry, value, true, {});
      }
      if (may) end(true);
      return `failure ${number}`;
    }
    let done: "kept" | "not kept" | "refused" = "not kept";
    if (may) {
      const tags = tagsOf(value, plan.keeping);
      if (flight.doubts.some((doubt) => doubt(tags, number))) this.#drop(entry, "deleted");
      else done = this.#keep(entry, value, false, plan.keeping);
      end(done === "refused");
    }
    if (done === "refused") {
      this.#letGo(value, "unkept");
      return "RangeError";
    }
    this.#hold(value, waiters);
    const others = waiters.length > 0 && waiters.every(({ leases }) => !leases);
    if (done === "not kept" && !others) this.#letGo(value, "unkept");
    return saidOf(number, plan);
  }
}
