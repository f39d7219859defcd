export declare class Lease<T> implements AsyncDisposable {
    #private;
    get value(): T;
    get released(): boolean;
    release(): Promise<void>;
    destroy(reason?: unknown): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
    toString(): string;
}
