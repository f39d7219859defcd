import type { CancelScope } from "../cancel/scope.ts";
import type { MappedStream } from "./mapped-stream.ts";
import { type StreamOptions } from "./stream-of.ts";
import type { StreamSource } from "./source.ts";
export interface MapStreamOptions<T = unknown, R = unknown> extends StreamOptions<T> {
    onDiscard?: ((value: R) => unknown) | undefined;
}
export declare function mapStream<T, R>(items: StreamSource<T>, fn: (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>, options: MapStreamOptions<T, R>): MappedStream<R>;
