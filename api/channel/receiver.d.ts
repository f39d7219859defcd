import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { type ChannelStats } from "./conduit.ts";
export declare class Receiver<T> extends Primitive implements Disposable, AsyncIterable<T> {
    #private;
    receive(options?: WaitOptions): Promise<T>;
    tryReceive(): {
        readonly value: T;
    } | undefined;
    values(options?: WaitOptions): AsyncIterableIterator<T, undefined>;
    [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined>;
    clone(): Receiver<T>;
    get closed(): boolean;
    get ended(): boolean;
    close(): void;
    [Symbol.dispose](): void;
    stats(): ChannelStats;
}
export declare function checkReceiver(action: string, receiver: unknown): void;
