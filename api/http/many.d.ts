import type { CancelScope } from "../index.ts";
import type { HttpInit, HttpInput } from "./request.ts";
import type { HttpResponse } from "./response.ts";
export type HttpItem = HttpInput | (HttpInit & {
    readonly url: string | URL;
});
export interface ItemContext<I> {
    readonly index: number;
    readonly input: I;
    readonly scope: CancelScope;
}
export type Parse<T, I> = (response: HttpResponse, context: ItemContext<I>) => T | PromiseLike<T>;
interface ItemResult<I> {
    readonly index: number;
    readonly input: I;
    readonly attempts: number;
    readonly ms: number;
}
export interface HttpItemValue<T, I = HttpItem> extends ItemResult<I> {
    readonly ok: true;
    readonly value: T;
    readonly error?: undefined;
}
export interface HttpItemError<I = HttpItem> extends ItemResult<I> {
    readonly ok: false;
    readonly error: unknown;
    readonly value?: undefined;
}
export type HttpResult<T, I = HttpItem> = HttpItemValue<T, I> | HttpItemError<I>;
export interface GatherStats {
    readonly ok: number;
    readonly failed: number;
    readonly retried: number;
    readonly bytes: number;
    readonly p50: number;
    readonly p95: number;
    readonly timedOut: boolean;
}
export interface ManyOptions<T, I> {
    parse?: Parse<T, I> | undefined;
    concurrency?: number | undefined;
    signal?: AbortSignal | undefined;
    onProgress?: ((stats: GatherStats) => unknown) | undefined;
    raiseForStatus?: boolean | undefined;
}
export interface StreamManyOptions<T, I> extends ManyOptions<T, I> {
    ordered?: boolean | undefined;
    highWaterMark?: number | undefined;
}
export interface GatherManyOptions<T, I> extends ManyOptions<T, I> {
    ordered?: boolean | undefined;
    onError?: "cancel" | "collect" | undefined;
    timeoutMs?: number | undefined;
}
export interface HttpGathered<T, I = HttpItem> {
    readonly results: T[];
    readonly errors: readonly HttpItemError<I>[];
    readonly stats: GatherStats;
}
export declare const GATHER = "gather requests";
export declare const STREAM = "stream requests";
export declare function checkMany(action: string, options: (StreamManyOptions<never, never> & GatherManyOptions<never, never>) | undefined): void;
export {};
