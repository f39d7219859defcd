export interface TierValue<V> {
    readonly value: V;
    readonly ttlMs?: number | undefined;
}
export interface CacheTier<K, V> {
    get(key: K, options: {
        readonly signal: AbortSignal;
    }): TierValue<V> | undefined | PromiseLike<TierValue<V> | undefined>;
    set(key: K, value: V, options: {
        readonly ttlMs: number;
    }): unknown;
    delete(key: K): unknown;
    clear?(): unknown;
    lease?(key: K, options: {
        readonly leaseMs: number;
        readonly signal: AbortSignal;
    }): (() => unknown) | undefined | PromiseLike<(() => unknown) | undefined>;
}
export declare function checkTier(tier: CacheTier<never, never>): void;
