import type { ScopeNode } from "../cancel/tree.ts";
import { Wait } from "../cancel/wait.ts";
import { type Holder, Wanted } from "./batch-keys.ts";
import { type LoadMany } from "./batch-load.ts";
import { type Whole } from "./batch-many.ts";
import { type Errand } from "./home.ts";
export interface BatchSettings<K> {
    readonly loadMany: LoadMany<K>;
    readonly max: number;
    readonly windowMs: number;
    readonly concurrency: number;
    readonly name: string | undefined;
}
export interface BatchStats {
    readonly pending: number;
    readonly active: number;
    readonly loading: number;
}
export declare class BatchLoader<K, V> implements Errand, Holder<K, V> {
    #private;
    constructor(settings: BatchSettings<K>);
    get stats(): BatchStats;
    want(key: K, id: unknown, place: ScopeNode | undefined, signal: AbortSignal | undefined, whole?: Whole<V>): Wait<V>;
    watch(action: string, wait: Wait<V>, promise: Promise<unknown>): void;
    flush(): void;
    begin(): void;
    left(wanted: Wanted<K, V>): void;
}
