import type { Job } from "../task/fan-out.ts";
import type { MappedStream } from "./mapped-stream.ts";
import type { StreamSource } from "./source.ts";
export type Completion<T> = {
    readonly index: number;
    readonly status: "fulfilled";
    readonly value: T;
} | {
    readonly index: number;
    readonly status: "rejected";
    readonly reason: unknown;
};
export interface CompletedOptions<T = unknown> {
    concurrency: number;
    signal?: AbortSignal | undefined;
    onDiscard?: ((value: T) => unknown) | undefined;
}
export type Work<T> = Job<T> | PromiseLike<T>;
export declare function completed<T>(items: StreamSource<Work<T>>, options: CompletedOptions<T>): MappedStream<Completion<T>>;
