import type { RunOptions, WeightedRunOptions } from "../cancel/run-options.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { type PrimitiveOptions } from "../sync/primitive.ts";
import { type OnTimeout } from "./limit-section.ts";
export interface LimitOptions extends PrimitiveOptions {
    onTimeout?: OnTimeout | undefined;
}
export type LimitRunOptions = WeightedRunOptions;
export interface Limit {
    <T>(fn: () => T | PromiseLike<T>, options?: LimitRunOptions): Promise<T>;
    map<T, R>(items: Iterable<T>, fn: (item: T, index: number) => R | PromiseLike<R>, options?: RunOptions): Promise<R[]>;
    readonly active: number;
    readonly pending: number;
    readonly zombies: number;
    concurrency: number;
    clear(): void;
    onIdle(options?: WaitOptions): Promise<void>;
}
export declare function limit(concurrency: number, options?: LimitOptions): Limit;
