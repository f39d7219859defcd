import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import type { LimitOptions } from "./limit.ts";
export interface KeyAllowance {
    readonly concurrency: number;
    readonly share?: number | undefined;
}
export type PerKey<K> = number | ((key: K) => number | KeyAllowance);
export interface KeyedOptions extends LimitOptions {
    total?: number | undefined;
}
export interface KeyedLimitStats {
    readonly keys: number;
    readonly active: number;
    readonly pending: number;
    readonly zombies: number;
    readonly total: number;
}
export declare class KeyedLimit<K> extends Primitive {
    #private;
    run<T>(key: K, fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T>;
    get size(): number;
    get active(): number;
    get pending(): number;
    get zombies(): number;
    activeOf(key: K): number;
    pendingOf(key: K): number;
    get total(): number;
    set total(total: number);
    clear(): void;
    clear(key: K): void;
    onIdle(options?: WaitOptions): Promise<void>;
    stats(): KeyedLimitStats;
}
export declare function keyed<K>(perKey: PerKey<K>, options?: KeyedOptions): KeyedLimit<K>;
