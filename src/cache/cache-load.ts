import type { Doubt } from "./cache-doubts.ts";
import { EntryLoad } from "./entry-load.ts";

/** How the value of a load is to be kept: what the load itself says about it, in place of the options. */
export interface Keeping<V> {
  /** The value that is in place, maybe stale: something to ask about whether it has changed. */
  readonly previous: V | undefined;
  /** For how long the value is fresh. */
  ttlMs: number | undefined;
  /** What it counts of `maxSize`. */
  size: number | undefined;
  /** By what it can be invalidated together with others, where the cache knows of tags. */
  tags: Iterable<string> | undefined;
}

/** A load that says how its value is to be kept, and that may be in doubt. */
export class CacheLoad<K, V> extends EntryLoad<K, V> implements Keeping<V> {
  static override sample: CacheLoad<never, never> = new CacheLoad(
    {} as never,
    undefined!,
    {} as never,
    false,
  );

  ttlMs: number | undefined = undefined;
  size: number | undefined = undefined;
  tags: Iterable<string> | undefined = undefined;
  /** Whether the cache has kept what it gave. */
  kept = false;
  /** When it began. */
  since: number = NaN;
  /** Its neighbours among the loads under way. */
  previousLoad: CacheLoad<K, V> | undefined = undefined;
  nextLoad: CacheLoad<K, V> | undefined = undefined;
  /** What was invalidated since it began. */
  doubt: Doubt | undefined = undefined;
  /**
   * One that began before, which nobody joins because it is in doubt. It may write still, lest nothing ever is
   * where things are invalidated more often than a load takes.
   */
  older: CacheLoad<K, V> | undefined = undefined;
  /** What it was told to be in place. */
  given: V | undefined = undefined;

  get previous(): V | undefined {
    return (this.given = this.entry.value);
  }
}
