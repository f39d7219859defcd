import type { CancelScope } from "../cancel/scope.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { WaitQueue } from "../cancel/wait.ts";
import { type Each, SKIPPED } from "./each.ts";
import { Feed } from "./feed.ts";
import type { Source } from "./source.ts";
export interface SupplyOptions<T, R, V> {
    readonly ordered: boolean;
    readonly window: number;
    readonly select: (value: R, item: T) => IteratorYieldResult<V> | undefined;
    readonly onDiscard: ((value: V) => unknown) | undefined;
}
export declare class Supply<T, R, V> extends Feed<T, R> {
    #private;
    readonly readers: WaitQueue<IteratorResult<V, undefined>>;
    constructor(source: Source<T>, each: Each<T, R>, scope: CancelScope, readers: WaitQueue<IteratorResult<V, undefined>>, options: SupplyOptions<T, R, V>);
    settled(index: number, value: R | typeof SKIPPED, item: T): void;
    take(): IteratorYieldResult<V> | undefined;
    stir(): void;
    emptied(place: ScopeNode, telling: boolean): Promise<void>;
    drop(): void;
}
