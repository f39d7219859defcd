import { CancelScope } from "../cancel/scope.ts";
export interface MapOptions {
    concurrency: number;
    signal?: AbortSignal | undefined;
    onDiscard?: ((value: unknown) => unknown) | undefined;
}
export declare function map<T, R>(items: Iterable<T> | AsyncIterable<T>, fn: (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>, options: MapOptions): Promise<R[]>;
