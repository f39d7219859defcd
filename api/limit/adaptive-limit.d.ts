import type { RunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { type AdaptiveLimitOptions } from "./adaptive-options.ts";
export interface AdaptiveLimitStats {
    readonly concurrency: number;
    readonly active: number;
    readonly pending: number;
    readonly zombies: number;
    readonly samples: number;
    readonly dropped: number;
    readonly lagging: number;
}
export declare class AdaptiveLimit extends Primitive {
    #private;
    constructor(options?: AdaptiveLimitOptions);
    get concurrency(): number;
    get active(): number;
    get pending(): number;
    run<T>(fn: () => T | PromiseLike<T>, options?: RunOptions): Promise<T>;
    clear(): void;
    onIdle(options?: WaitOptions): Promise<void>;
    stats(): AdaptiveLimitStats;
}
