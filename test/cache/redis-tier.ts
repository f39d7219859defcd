import { randomUUID } from "node:crypto";
import type { CacheTier, TierValue } from "corral";
import type { Redis } from "../support/redis.ts";

/** Deletes a key if it has the value still. */
const RELEASE =
  'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0';

/** What is in Redis, as JSON. */
export class RedisTier<V> implements CacheTier<string, V> {
  readonly #redis: Redis;
  readonly #prefix: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  keyOf(key: string): string {
    return `${this.#prefix}:value:${key}`;
  }

  leaseOf(key: string): string {
    return `${this.#prefix}:lease:${key}`;
  }

  async get(key: string): Promise<TierValue<V> | undefined> {
    const name = this.keyOf(key);
    const [text, left] = await Promise.all([
      this.#redis.send("GET", name),
      this.#redis.send("PTTL", name),
    ]);
    if (text === null) return undefined;
    const value = JSON.parse(text as string) as V;
    // -1 is for what never ends.
    return left === -1 ? { value, ttlMs: Infinity } : { value, ttlMs: left as number };
  }

  async set(key: string, value: V, { ttlMs }: { readonly ttlMs: number }): Promise<void> {
    const until = ttlMs < Infinity ? ["PX", Math.ceil(ttlMs)] : [];
    await this.#redis.send("SET", this.keyOf(key), JSON.stringify(value), ...until);
  }

  async delete(key: string): Promise<void> {
    await this.#redis.send("DEL", this.keyOf(key));
  }

  async lease(
    key: string,
    { leaseMs }: { readonly leaseMs: number },
  ): Promise<(() => unknown) | undefined> {
    const [name, token] = [this.leaseOf(key), randomUUID()];
    const taken = await this.#redis.send("SET", name, token, "NX", "PX", Math.ceil(leaseMs));
    return taken === null ? undefined : () => this.#redis.send("EVAL", RELEASE, 1, name, token);
  }
}
