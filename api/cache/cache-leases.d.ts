import type { CacheEntry } from "./cache-entry.ts";
import type { CacheLoad } from "./cache-load.ts";
import type { EntryLoad } from "./entry-load.ts";
export interface CacheLease<V> {
    readonly value: V;
    release(): void;
    [Symbol.dispose](): void;
}
interface Holding {
    count: number;
    dispose: (() => void) | undefined;
    shared: boolean;
}
export interface Claim<K, V> {
    readonly load: CacheLoad<K, V> | undefined;
    readonly holding: Holding | undefined;
}
export declare class CacheLeases<K, V> {
    #private;
    claim(entry: CacheEntry<K, V> | undefined, its: EntryLoad<K, V> | undefined): Claim<K, V>;
    hold({ load, holding }: Claim<K, V>, wait: Promise<V>): Promise<CacheLease<V>>;
    landed(load: CacheLoad<K, V>, dispose: (() => void) | undefined): void;
    drop(entry: CacheEntry<K, V>, dispose: (() => void) | undefined): boolean;
}
export {};
