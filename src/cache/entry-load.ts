import type { CacheEntry } from "./cache-entry.ts";
import { Flight, type FlightOwner } from "./flight.ts";

/** A load of an entry. */
export class EntryLoad<K, V> extends Flight<V> {
  static override sample: EntryLoad<never, never> = new EntryLoad(
    {} as never,
    undefined!,
    {} as never,
    false,
  );

  readonly entry: CacheEntry<K, V>;

  constructor(
    entry: CacheEntry<K, V>,
    fn: (load: never) => V | PromiseLike<V>,
    owner: FlightOwner,
    keepAlive: boolean,
  ) {
    super(entry.key, fn, owner, keepAlive);
    this.entry = entry;
  }
}
