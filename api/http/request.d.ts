import type { EngineRequest } from "./engine.ts";
import { type HttpTimeouts } from "./timeouts.ts";
export type HttpInput = string | URL | Request;
export interface HttpProgress {
    readonly loaded: number;
    readonly total: number | undefined;
}
export type HttpBody = NonNullable<RequestInit["body"]> | AsyncIterable<Uint8Array>;
export interface HttpInit {
    method?: string | undefined;
    headers?: RequestInit["headers"];
    body?: HttpBody | null | (() => HttpBody | PromiseLike<HttpBody>) | undefined;
    json?: unknown;
    signal?: AbortSignal | null | undefined;
    redirect?: "follow" | "manual" | "error" | undefined;
    cache?: "default" | "no-store" | "reload" | "no-cache" | "force-cache" | undefined;
    timeouts?: HttpTimeouts | undefined;
    retry?: boolean | "unsafe" | undefined;
    hedge?: boolean | undefined;
    dedupe?: boolean | undefined;
    raiseForStatus?: boolean | undefined;
    onProgress?: ((progress: HttpProgress) => unknown) | undefined;
}
export interface Prepared {
    readonly url: string;
    readonly origin: string;
    readonly method: string;
    readonly headers: Headers;
    readonly body: (() => EngineRequest["body"] | PromiseLike<EngineRequest["body"]>) | undefined;
    readonly replayable: boolean;
    readonly redirect: "follow" | "manual" | "error";
    readonly signal: AbortSignal | undefined;
    readonly cache: HttpInit["cache"];
    readonly asks: boolean;
    readonly init: HttpInit;
}
export declare function urlOf(action: string, name: string, input: unknown, base?: string): URL;
export declare function prepare(input: HttpInput, init: HttpInit | undefined, base: string | undefined, defaults: Headers | undefined): Prepared;
