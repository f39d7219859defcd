export interface CancellableOptions<T> {
    signal?: AbortSignal | undefined;
    onDiscard?: ((value: T) => unknown) | undefined;
}
export declare function cancellable<T>(work: PromiseLike<T> | ((signal: AbortSignal) => T | PromiseLike<T>), options?: CancellableOptions<T>): Promise<T>;
