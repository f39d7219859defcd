import type { CancelScope } from "../cancel/scope.ts";
import type { MappedStream } from "./mapped-stream.ts";
import { type StreamOptions } from "./stream-of.ts";
import type { StreamSource } from "./source.ts";
export interface FilterOptions<T = unknown> extends StreamOptions<T> {
    onDiscard?: ((item: T) => unknown) | undefined;
}
export declare function filter<T, S extends T>(items: StreamSource<T>, predicate: (item: T, index: number, scope: CancelScope) => item is S, options: FilterOptions<T>): MappedStream<S>;
export declare function filter<T>(items: StreamSource<T>, predicate: (item: T, index: number, scope: CancelScope) => unknown, options: FilterOptions<T>): MappedStream<T>;
