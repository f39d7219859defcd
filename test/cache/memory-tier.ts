import { type CacheTier, now, type TierValue } from "corral";

type Operation = "get" | "set" | "delete" | "clear" | "lease" | "release";

/** A second level in memory, which caches share as processes share a server. */
export class MemoryTier<V> implements CacheTier<string, V> {
  /** What was asked for, in order. */
  readonly log: string[] = [];
  readonly values: Map<string, { readonly value: V; readonly until: number }> = new Map();
  readonly leases: Map<string, { readonly until: number }> = new Map();
  /** Called before an operation takes effect, which waits for what it gives. */
  before: (operation: Operation, key: string) => unknown = () => undefined;

  async #step(operation: Operation, key: string): Promise<void> {
    this.log.push(key === "" ? operation : `${operation} ${key}`);
    await this.before(operation, key);
  }

  async get(key: string): Promise<TierValue<V> | undefined> {
    // What it answers is what was there when it was asked.
    const found = this.values.get(key);
    await this.#step("get", key);
    if (found === undefined || found.until <= now()) return undefined;
    return { value: found.value, ttlMs: found.until - now() };
  }

  async set(key: string, value: V, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    await this.#step("set", key);
    this.values.set(key, { value, until: now() + ttlMs });
  }

  async delete(key: string): Promise<void> {
    await this.#step("delete", key);
    this.values.delete(key);
  }

  /** Puts a value in place behind the caches. */
  put(key: string, value: V, ttlMs: number = Infinity): void {
    this.values.set(key, { value, until: now() + ttlMs });
  }

  /** The same values, with leases. */
  withLeases(): CacheTier<string, V> {
    return {
      get: (key) => this.get(key),
      set: (key, value, options) => this.set(key, value, options),
      delete: (key) => this.delete(key),
      lease: async (key, { leaseMs }) => {
        await this.#step("lease", key);
        if ((this.leases.get(key)?.until ?? -Infinity) > now()) return undefined;
        const own = { until: now() + leaseMs };
        this.leases.set(key, own);
        return async () => {
          await this.#step("release", key);
          if (this.leases.get(key) === own) this.leases.delete(key);
        };
      },
    };
  }

  /** The same values, all of which can be deleted at once. */
  withClear(): CacheTier<string, V> {
    return {
      get: (key) => this.get(key),
      set: (key, value, options) => this.set(key, value, options),
      delete: (key) => this.delete(key),
      clear: async () => {
        await this.#step("clear", "");
        this.values.clear();
      },
    };
  }
}
