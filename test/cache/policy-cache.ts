import type { EvictionPolicy, Kept } from "../../src/cache/eviction-policy.ts";

/** An entry as a cache would make it. */
export class Entry implements Kept {
  readonly key: unknown;
  readonly size: number;
  list: object | undefined = undefined;
  previous: Kept | undefined = undefined;
  next: Kept | undefined = undefined;
  mark = 0;

  constructor(key: unknown, size = 1) {
    this.key = key;
    this.size = size;
  }
}

/** The least of a cache: what a policy needs to be driven, and nothing to store. */
export class PolicyCache {
  readonly entries: Map<unknown, Entry> = new Map();
  size = 0;
  readonly #policy: EvictionPolicy;
  readonly #capacity: number;

  constructor(policy: EvictionPolicy, capacity: number) {
    this.#policy = policy;
    this.#capacity = capacity;
  }

  /** Asks for a key, which is stored if it was not there and is not larger than the cache. */
  request(key: unknown, size = 1): "hit" | "miss" {
    const found = this.entries.get(key);
    if (found !== undefined) {
      this.#policy.hit(found);
      return "hit";
    }
    if (size > this.#capacity) return "miss";
    while (this.size + size > this.#capacity) this.#drop(this.#policy.victim() as Entry);
    const entry = new Entry(key, size);
    this.entries.set(key, entry);
    this.size += size;
    this.#policy.admit(entry);
    return "miss";
  }

  delete(key: unknown): boolean {
    const entry = this.entries.get(key);
    if (entry === undefined) return false;
    this.#drop(entry);
    return true;
  }

  #drop(entry: Entry): void {
    this.#policy.remove(entry);
    this.entries.delete(entry.key);
    this.size -= entry.size;
  }
}
