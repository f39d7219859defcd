export interface CancellableOptions<T> {
    signal?: AbortSignal;
    onDiscard?: (value: T) => unknown;
}
export declare function cancellable<T>(work: PromiseLike<T> | ((signal: AbortSignal) => T | PromiseLike<T>), options?: CancellableOptions<T>): Promise<T>;
