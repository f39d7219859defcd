import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
import { Reader } from "./reader.ts";
export interface BroadcastOptions extends PrimitiveOptions {
    capacity: number;
    onLag?: "error" | "skip" | undefined;
}
export interface BroadcastStats {
    readonly capacity: number;
    readonly size: number;
    readonly subscriptions: number;
    readonly waiting: number;
    readonly closed: boolean;
}
export declare class Subscription<T> extends Reader<T, T> {
    #private;
    get size(): number;
    get missed(): number;
    receive(options?: WaitOptions): Promise<T>;
    tryReceive(): {
        readonly value: T;
    } | undefined;
    resubscribe(): Subscription<T>;
}
export declare class Broadcast<T> extends Primitive {
    #private;
    constructor(options: BroadcastOptions);
    get capacity(): number;
    get closed(): boolean;
    publish(value: T): void;
    subscribe(): Subscription<T>;
    close(): void;
    stats(): BroadcastStats;
}
