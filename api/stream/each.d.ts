import type { CancelScope } from "../cancel/scope.ts";
import { Failures } from "../task/failures.ts";
export type OnError = "cancel" | "skip" | "collect";
export interface EachOptions<T = unknown> {
    concurrency: number;
    signal?: AbortSignal | undefined;
    itemTimeoutMs?: number | undefined;
    onError?: OnError | undefined;
    onSkip?: ((error: unknown, item: T, index: number) => unknown) | undefined;
}
export type ItemFunction<T, R> = (item: T, index: number, scope: CancelScope) => R | PromiseLike<R>;
export declare const SKIPPED: unique symbol;
export declare class Each<T, R> {
    readonly fn: ItemFunction<T, R | typeof SKIPPED>;
    readonly concurrency: number;
    readonly onError: OnError;
    readonly failures: Failures;
    constructor(action: string, name: string, fn: ItemFunction<T, R>, options: EachOptions<T> & {
        readonly onDiscard?: unknown;
    });
    failure(): {
        readonly error: unknown;
    } | undefined;
}
