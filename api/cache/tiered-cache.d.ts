import type { WaitOptions } from "../cancel/sleep.ts";
import type { AsyncLruOptions, LruSetOptions } from "./async-lru-options.ts";
import { TaggedCache } from "./tagged-cache.ts";
export declare class TieredCache<K, V> extends TaggedCache<K, V> {
    #private;
    constructor(options: AsyncLruOptions<K, V>);
    set(key: K, value: V, options?: LruSetOptions): void;
    delete(key: K): boolean;
    clear(): void;
    settled(options?: WaitOptions): Promise<void>;
}
