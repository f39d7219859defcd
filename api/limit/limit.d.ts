export interface LimitRunOptions {
    signal?: AbortSignal | undefined;
}
export interface Limit {
    <T>(fn: () => T | PromiseLike<T>, options?: LimitRunOptions): Promise<T>;
    map<T, R>(items: Iterable<T>, fn: (item: T, index: number) => R | PromiseLike<R>, options?: LimitRunOptions): Promise<R[]>;
    readonly active: number;
    readonly pending: number;
    concurrency: number;
    clear(): void;
    onIdle(options?: LimitRunOptions): Promise<void>;
}
export declare function limit(concurrency: number): Limit;
