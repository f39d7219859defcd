import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
export type QueueOrder<T> = "fifo" | "lifo" | ((a: T, b: T) => number);
export interface QueueOptions<T> extends PrimitiveOptions {
    capacity: number;
    order?: QueueOrder<T> | undefined;
}
export interface QueueStats {
    readonly capacity: number;
    readonly size: number;
    readonly unfinished: number;
    readonly putting: number;
    readonly getting: number;
    readonly closed: boolean;
}
export declare class Queue<T> extends Primitive {
    #private;
    constructor(options: QueueOptions<T>);
    get capacity(): number;
    get size(): number;
    get closed(): boolean;
    put(item: T, options?: WaitOptions): Promise<void>;
    tryPut(item: T): boolean;
    get(options?: WaitOptions): Promise<T>;
    tryGet(): {
        readonly value: T;
    } | undefined;
    values(options?: WaitOptions): AsyncIterableIterator<T, undefined>;
    [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined>;
    taskDone(): void;
    join(options?: WaitOptions): Promise<void>;
    close(): void;
    abort(reason?: unknown): void;
    stats(): QueueStats;
}
