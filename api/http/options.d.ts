import type { CircuitBreakerOptions, KeyAllowance, RateLimiterOptions } from "../index.ts";
import type { HttpEngine } from "./engine.ts";
import type { HttpEvent } from "./events.ts";
import type { HttpCache, HttpCacheOptions } from "./cache.ts";
import type { HttpResponse } from "./response.ts";
import type { HttpRetryOptions } from "./retries.ts";
import type { HttpTimeouts } from "./timeouts.ts";
export interface OutgoingRequest {
    readonly url: string;
    readonly method: string;
    readonly headers: Headers;
    readonly attempt: number;
    readonly signal: AbortSignal;
}
export interface HedgeSettings {
    delayMs: number;
    max?: number | undefined;
}
export interface HttpPoolOptions {
    total?: number | undefined;
    perOrigin?: number | ((origin: string) => number | KeyAllowance) | undefined;
    rate?: RateLimiterOptions | ((origin: string) => RateLimiterOptions | undefined) | undefined;
    timeouts?: HttpTimeouts | undefined;
    retry?: HttpRetryOptions | false | undefined;
    hedge?: HedgeSettings | undefined;
    breaker?: CircuitBreakerOptions | undefined;
    dedupe?: boolean | undefined;
    cache?: HttpCacheOptions | HttpCache | undefined;
    raiseForStatus?: boolean | undefined;
    maxRedirects?: number | undefined;
    headers?: RequestInit["headers"];
    baseUrl?: string | URL | undefined;
    fetch?: HttpEngine | undefined;
    beforeRequest?: ((request: OutgoingRequest) => unknown) | undefined;
    afterResponse?: ((response: HttpResponse, request: OutgoingRequest) => unknown) | undefined;
    onEvent?: ((event: HttpEvent) => unknown) | undefined;
    onClose?: (() => unknown) | undefined;
    name?: string | undefined;
}
