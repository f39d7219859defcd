import { type Step } from "./inlet.ts";
import type { Pump } from "./pump.ts";
export interface ItemStream<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
    next(): Promise<IteratorResult<T, undefined>>;
    return(): Promise<IteratorReturnResult<undefined>>;
    [Symbol.asyncIterator](): ItemStream<T>;
}
export declare abstract class Outlet<T> implements ItemStream<T> {
    #private;
    constructor(pump: Pump);
    protected abstract ask(): Promise<IteratorResult<Step<T>, undefined>>;
    protected abstract leave(): Promise<void>;
    next(): Promise<Step<T>>;
    return(): Promise<IteratorReturnResult<undefined>>;
    [Symbol.asyncDispose](): Promise<void>;
    [Symbol.asyncIterator](): this;
}
