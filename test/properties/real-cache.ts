import { getEventListeners } from "node:events";
import {
  AsyncLru,
  type CacheLease,
  type CancelScope,
  detached,
  type Keeping,
  memoize,
  type MemoCache,
  type MemoCacheOptions,
  sleep,
  timeout,
  type WaitOptions,
} from "corral";
import { CacheEntry } from "../../src/cache/cache-entry.ts";
import { lru } from "../../src/cache/policy-lru.ts";
import { at, explicit } from "../support/mode.ts";
import type { NaiveValue, Settings } from "./naive-cache.ts";
import { endOf, patience, type Plan } from "./naive-flights.ts";

/** What is kept; `undefined` for nothing. */
export class Value implements NaiveValue {
  readonly number: number;
  readonly ends: Plan["ends"];
  readonly size: number;
  readonly tag: string | undefined;

  constructor({ number, ends, size, tag }: NaiveValue) {
    this.number = number;
    this.ends = ends;
    this.size = size;
    this.tag = tag;
  }
}

export type Real = Value | undefined;

class Failure extends Error {
  readonly number: number;

  constructor(number: number) {
    super();
    this.number = number;
  }
}

/** How long a caller waits, and by what it can be made to leave. */
export type Caller =
  | { readonly by: "nothing" | "signal" | "aborted signal" }
  | { readonly by: "deadline"; readonly ms: number };

export function realOf(value: NaiveValue): Real {
  return value.ends === "nothing" ? undefined : new Value(value);
}

export function textOf(value: Real): string {
  return value === undefined ? "nothing" : `value ${value.number}`;
}

function heardOf(error: unknown): string {
  if (error instanceof Failure) return `failure ${error.number}`;
  return error instanceof Error ? error.name : String(error);
}

/** Calls, who makes them and what they hear, and the loads that they cause. */
export class RealCalls {
  readonly heard: string[] = [];
  readonly calls: string[] = [];
  readonly controllers: Map<number, AbortController> = new Map();
  readonly #plans: readonly Plan[];

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
  }

  /** Makes a call, and listens to it. */
  call<T>(
    id: number,
    caller: Caller,
    begin: (options: WaitOptions) => Promise<T>,
    told: (value: T) => string,
  ): void {
    this.#make(id, caller, begin).then(
      (value) => {
        this.heard[id] = told(value);
      },
      (error: unknown) => {
        this.heard[id] = heardOf(error);
      },
    );
  }

  #make<T>(id: number, caller: Caller, begin: (options: WaitOptions) => Promise<T>): Promise<T> {
    if (caller.by === "deadline") {
      return timeout(patience(caller.ms), (scope) => begin(at(scope)));
    }
    if (caller.by === "nothing") return begin({});
    const controller = new AbortController();
    this.controllers.set(id, controller);
    if (caller.by === "aborted signal") controller.abort("aborted");
    return begin({ signal: controller.signal });
  }

  /** What a load does, in its scope. */
  load(
    key: string,
    options: { readonly signal?: AbortSignal },
    keeping?: Keeping<Real>,
  ): Real | Promise<Real> {
    const number = this.calls.length;
    const plan = this.#plans[number % this.#plans.length]!;
    this.calls.push(key);
    if (keeping !== undefined) Object.assign(keeping, plan.keeping);
    const end = (): Real => {
      if (plan.ends === "failure") throw new Failure(number);
      return realOf({ ...plan, number });
    };
    const ms = endOf(plan, number);
    if (ms === 0) return end();
    return (plan.deaf ? detached(() => sleep(ms)) : sleep(ms, options)).then(end);
  }

  /** How many listeners are left on the signals of the callers. */
  listeners(): number {
    let count = 0;
    for (const { signal } of this.controllers.values()) {
      count += getEventListeners(signal, "abort").length;
    }
    return count;
  }
}

/** A real cache, of either kind. */
export abstract class RealCache extends RealCalls {
  abstract readonly cache: MemoCache<unknown, Real>;
  abstract get(key: string, options: WaitOptions): Promise<Real>;

  /** The keys of what it keeps, in the order in which they go. */
  order(): unknown[] {
    const keys: unknown[] = [];
    let entry = this.cache.policy.victim();
    for (; entry instanceof CacheEntry; entry = entry.next) keys.push(entry.key);
    return keys;
  }
}

function optionsOf(settings: Settings): MemoCacheOptions<unknown, Real> {
  const { max, maxSize, staleWhileRevalidateMs, staleIfErrorMs, keepAlive } = settings;
  const { ttlMs, computed, negativeTtlMs, negativeFailures } = settings;
  return {
    max,
    maxSize,
    staleWhileRevalidateMs,
    staleIfErrorMs,
    keepAlive,
    negativeTtlMs,
    eviction: lru,
    sizeOf: (value) => value?.size ?? 1,
    ttlMs: computed ? (value) => (value?.ends === "bad" ? Number.NaN : ttlMs) : ttlMs,
    ...(negativeFailures && {
      isNegative: (result) => result.status === "rejected" || result.value === undefined,
    }),
  };
}

export class RealMemo extends RealCache {
  readonly cache: MemoCache<unknown, Real>;
  readonly #fn: (key: string, options: WaitOptions) => Promise<Real>;

  constructor(settings: Settings, plans: readonly Plan[]) {
    super(plans);
    const fn = (key: string, { signal }: WaitOptions): Real | Promise<Real> =>
      this.load(key, explicit && signal !== undefined ? { signal } : {});
    const memoized = memoize(fn, optionsOf(settings));
    this.cache = memoized.cache;
    this.#fn = memoized;
  }

  override get(key: string, { signal }: WaitOptions): Promise<Real> {
    return this.#fn(key, { signal });
  }
}

export class RealLru extends RealCache {
  readonly cache: AsyncLru<unknown, Real>;
  readonly events: string[] = [];
  readonly disposed: string[] = [];
  readonly previous: string[] = [];
  readonly leases: Map<number, CacheLease<Real>> = new Map();

  constructor(settings: Settings, plans: readonly Plan[]) {
    super(plans);
    const { sliding, refreshAheadMs } = settings;
    this.cache = new AsyncLru<unknown, Real>({
      ...optionsOf(settings),
      sliding,
      refreshAheadMs,
      load: (key, scope: CancelScope, keeping) => {
        this.previous.push(textOf(keeping.previous));
        return this.load(key as string, at(scope), keeping);
      },
      tagsOf: (value) => (value?.tag === undefined ? [] : [value.tag]),
      dispose: (value, _key, reason) => {
        if (value !== undefined) this.disposed.push(`${value.number} ${reason}`);
      },
      onEvent: ({ kind, key }) => this.events.push(`${kind} ${String(key)}`),
    });
  }

  override get(key: string, options: WaitOptions): Promise<Real> {
    return this.cache.get(key, options);
  }

  lease(id: number, key: string, caller: Caller): void {
    this.call(
      id,
      caller,
      (options) => this.cache.lease(key, options),
      (lease) => {
        this.leases.set(id, lease);
        return textOf(lease.value);
      },
    );
  }
}
