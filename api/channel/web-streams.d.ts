import { type ChannelOptions } from "./channel.ts";
import { type Receiver } from "./receiver.ts";
export interface ReadableLike<T> {
    getReader(): {
        read(): Promise<{
            done: boolean;
            value?: T | undefined;
        }>;
        cancel(reason?: unknown): Promise<void>;
    };
}
export interface FromStreamOptions<T> extends Omit<ChannelOptions<T>, "overflow"> {
    capacity?: number | undefined;
}
export declare function fromReadableStream<T>(stream: ReadableStream<T> | ReadableLike<T>, options?: FromStreamOptions<T>): Receiver<T>;
export declare function toReadableStream<T>(receiver: Receiver<T>): ReadableStream<T>;
