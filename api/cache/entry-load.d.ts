import type { CacheEntry } from "./cache-entry.ts";
import { Flight, type FlightOwner } from "./flight.ts";
export declare class EntryLoad<K, V> extends Flight<V> {
    static sample: EntryLoad<never, never>;
    readonly entry: CacheEntry<K, V>;
    constructor(entry: CacheEntry<K, V>, fn: (load: never) => V | PromiseLike<V>, owner: FlightOwner, keepAlive: boolean);
}
