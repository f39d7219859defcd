import { type Eviction } from "../index.ts";
import { HttpResponse } from "./response.ts";
export interface HttpCacheOptions {
    max?: number | undefined;
    maxBytes?: number | undefined;
    maxEntryBytes?: number | undefined;
    eviction?: Eviction | undefined;
}
export interface HttpCacheStats {
    readonly size: number;
    readonly bytes: number;
    readonly hits: number;
    readonly revalidated: number;
    readonly misses: number;
    readonly evictions: number;
}
export interface Stored {
    readonly url: string;
    readonly status: number;
    readonly statusText: string;
    readonly headers: Headers;
    readonly bytes: Uint8Array;
    readonly lifetimeMs: number;
    readonly ageMs: number;
    readonly since: number;
}
export interface Confirmation {
    readonly stored: Stored;
    readonly response: HttpResponse;
    readonly tookMs: number;
    readonly isOld: boolean;
}
export interface Found {
    readonly stored: Stored;
    readonly isFresh: boolean;
}
export declare class HttpCache {
    #private;
    readonly maxEntryBytes: number;
    constructor(options?: HttpCacheOptions);
    clear(url?: string | URL): void;
    stats(): HttpCacheStats;
}
