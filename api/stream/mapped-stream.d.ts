/// <reference lib="esnext.disposable" preserve="true" />
export declare class MappedStream<R> implements AsyncIterableIterator<R, undefined>, AsyncDisposable {
    #private;
    next(): Promise<IteratorResult<R, undefined>>;
    return(): Promise<IteratorReturnResult<undefined>>;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.asyncIterator](): this;
}
