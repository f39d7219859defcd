import type { MappedStream, StreamSource } from "../index.ts";
import { HttpCache, type HttpCacheStats } from "./cache.ts";
import type { GatherManyOptions, HttpGathered, HttpItem, HttpResult, StreamManyOptions } from "./many.ts";
import type { HttpPoolOptions } from "./options.ts";
import { type HttpInit, type HttpInput } from "./request.ts";
import type { HttpResponse } from "./response.ts";
export interface HttpCloseOptions {
    graceMs?: number | undefined;
}
export interface HttpPoolStats {
    readonly active: number;
    readonly pending: number;
    readonly calls: number;
    readonly origins: number;
    readonly requests: number;
    readonly ok: number;
    readonly failed: number;
    readonly attempts: number;
    readonly retries: number;
    readonly hedged: number;
    readonly shared: number;
    readonly bytes: number;
    readonly cache: HttpCacheStats | undefined;
}
export declare class HttpPool implements AsyncDisposable {
    #private;
    readonly name: string | undefined;
    fetch: (input: HttpInput, init?: HttpInit) => Promise<HttpResponse>;
    read<T>(input: HttpInput, read: (response: HttpResponse) => T | PromiseLike<T>, init?: HttpInit): Promise<Awaited<T>>;
    json<T = unknown>(input: HttpInput, init?: HttpInit): Promise<T>;
    text(input: HttpInput, init?: HttpInit): Promise<string>;
    bytes(input: HttpInput, init?: HttpInit): Promise<Uint8Array<ArrayBuffer>>;
    gather<T = HttpResponse, I extends HttpItem = HttpItem>(inputs: StreamSource<I>, options: GatherManyOptions<T, I> & {
        onError: "collect";
    }): Promise<HttpGathered<T | undefined, I>>;
    gather<T = HttpResponse, I extends HttpItem = HttpItem>(inputs: StreamSource<I>, options?: GatherManyOptions<T, I>): Promise<HttpGathered<T, I>>;
    stream<T = HttpResponse, I extends HttpItem = HttpItem>(inputs: StreamSource<I>, options?: StreamManyOptions<T, I>): MappedStream<HttpResult<T, I>>;
    pause(origin: string | URL, ms: number): void;
    get cache(): HttpCache | undefined;
    stats(): HttpPoolStats;
    close(options?: HttpCloseOptions): Promise<void>;
    [Symbol.asyncDispose](): Promise<void>;
}
export declare function httpPool(options?: HttpPoolOptions): HttpPool;
