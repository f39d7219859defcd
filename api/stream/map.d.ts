import type { CancelScope } from "../cancel/scope.ts";
import type { EachOptions } from "./each.ts";
import type { StreamSource } from "./source.ts";
export interface MapOptions<T = unknown, R = unknown> extends EachOptions<T> {
    onDiscard?: ((value: R) => unknown) | undefined;
}
export declare function map<T, R>(items: StreamSource<T>, fn: (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>, options: MapOptions<T, R>): Promise<R[]>;
