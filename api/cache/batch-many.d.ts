import { Wait, type WaitQueue } from "../cancel/wait.ts";
import type { Holder } from "./batch-keys.ts";
export declare class Part<V> extends Wait<V> {
    #private;
    constructor(wanted: WaitQueue<V>, whole: Whole<V>, payload: unknown);
    commit(value: V | PromiseLike<V>, failed: boolean): void;
}
export declare class Whole<V> {
    #private;
    readonly parts: Part<V>[];
    fails(holder: Holder<never, V>): void;
    result(): Promise<V[]>;
}
