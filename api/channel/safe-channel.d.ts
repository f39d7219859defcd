import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
export declare class SafeChannel<T> implements AsyncIterableIterator<T, undefined>, AsyncDisposable {
    #private;
    next(): Promise<IteratorResult<T, undefined>>;
    return(): Promise<IteratorReturnResult<undefined>>;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.asyncIterator](): this;
}
export declare function safeChannel<T>(fn: (scope: CancelScope) => AsyncIterable<T>, options?: WaitOptions): SafeChannel<T>;
