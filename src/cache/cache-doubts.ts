import { callback } from "../cancel/callback.ts";
import type { CacheLoad } from "./cache-load.ts";

/** What was invalidated while a load was under way. */
export interface Doubt {
  readonly tags: Set<string>;
  readonly predicates: ((value: never, key: never) => boolean)[];
}

/** Loads under way, and what was invalidated meanwhile: what they give may turn out to be of that kind. */
export class CacheDoubts<K, V> {
  /** The loads, linked through their own fields. */
  #first: CacheLoad<K, V> | undefined = undefined;
  /** How many loads are under way. */
  loads = 0;
  readonly #onDoubt: (load: CacheLoad<K, V>) => void;

  /** @param onDoubt Called for each load that is under way when something is invalidated. */
  constructor(onDoubt: (load: CacheLoad<K, V>) => void) {
    this.#onDoubt = onDoubt;
  }

  begin(load: CacheLoad<K, V>): void {
    const next = this.#first;
    load.nextLoad = next;
    if (next !== undefined) next.previousLoad = load;
    this.#first = load;
    this.loads++;
  }

  end(load: CacheLoad<K, V>): void {
    const { previousLoad: previous, nextLoad: next } = load;
    if (previous === undefined) this.#first = next;
    else previous.nextLoad = next;
    if (next !== undefined) next.previousLoad = previous;
    load.previousLoad = load.nextLoad = undefined;
    this.loads--;
  }

  addTag(tag: string): void {
    this.#each((doubt) => doubt.tags.add(tag));
  }

  addPredicate(predicate: (value: V, key: K) => boolean): void {
    this.#each((doubt) => doubt.predicates.push(predicate));
  }

  /** Whether the load's value was invalidated before it came. */
  include(load: CacheLoad<K, V>, tags: readonly string[], value: V): boolean {
    const { doubt } = load;
    if (doubt === undefined) return false;
    if (tags.some((tag) => doubt.tags.has(tag))) return true;
    return doubt.predicates.some((predicate) => {
      // Who waits for the load has no part in what another one asks about it.
      let matches = true;
      callback("predicate", () => {
        matches = predicate(value as never, load.entry.key as never);
      });
      return matches;
    });
  }

  #each(add: (doubt: Doubt) => void): void {
    for (let load = this.#first; load !== undefined; load = load.nextLoad) {
      // Who asks from now on asks for what is true now.
      load.closed = true;
      this.#onDoubt(load);
      add((load.doubt ??= { tags: new Set(), predicates: [] }));
    }
  }
}
