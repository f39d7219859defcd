import type { Doubt } from "./cache-doubts.ts";
import type { CacheEntry } from "./cache-entry.ts";
import { Flight, type FlightOwner } from "./flight.ts";
export interface Keeping<V> {
    readonly previous: V | undefined;
    ttlMs: number | undefined;
    size: number | undefined;
    tags: Iterable<string> | undefined;
}
export declare class CacheLoad<K, V> extends Flight<V> implements Keeping<V> {
    readonly entry: CacheEntry<K, V>;
    ttlMs: number | undefined;
    size: number | undefined;
    tags: Iterable<string> | undefined;
    kept: boolean;
    since: number;
    previousLoad: CacheLoad<K, V> | undefined;
    nextLoad: CacheLoad<K, V> | undefined;
    doubt: Doubt | undefined;
    given: V | undefined;
    constructor(entry: CacheEntry<K, V>, fn: (load: CacheLoad<K, V>) => V | PromiseLike<V>, owner: FlightOwner, keepAlive: boolean);
    get previous(): V | undefined;
}
