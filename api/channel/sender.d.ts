import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { type ChannelStats } from "./conduit.ts";
export declare class ChannelSlot<T> implements Disposable {
    #private;
    send(item: T): void;
    release(): void;
    [Symbol.dispose](): void;
}
export declare class Sender<T> extends Primitive implements Disposable {
    #private;
    send(item: T, options?: WaitOptions): Promise<void>;
    trySend(item: T): boolean;
    reserve(options?: WaitOptions): Promise<ChannelSlot<T>>;
    tryReserve(): ChannelSlot<T> | undefined;
    clone(): Sender<T>;
    get closed(): boolean;
    close(reason?: unknown): void;
    [Symbol.dispose](): void;
    stats(): ChannelStats;
}
