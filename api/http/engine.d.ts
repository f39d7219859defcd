export interface EngineRequest {
    readonly method: string;
    readonly headers: Headers;
    readonly body: RequestInit["body"] | AsyncIterable<Uint8Array>;
    readonly signal: AbortSignal;
    readonly redirect: "manual";
    readonly duplex?: "half";
}
export interface BodySource {
    read(): Promise<Uint8Array | undefined>;
    cancel(reason: unknown): unknown;
}
export type EngineHeaders = Headers | Readonly<Record<string, string | string[] | undefined>>;
export interface EngineResponse {
    readonly status: number;
    readonly statusText?: string;
    readonly headers: EngineHeaders;
    readonly body: ReadableStream<Uint8Array> | BodySource | null;
    readonly type?: string;
}
export type HttpEngine = (url: string, request: EngineRequest) => Promise<EngineResponse>;
export declare const fetchEngine: HttpEngine;
export declare function send(engine: HttpEngine, url: string, request: EngineRequest): Promise<EngineResponse>;
export declare function sourceOf(body: EngineResponse["body"]): BodySource | undefined;
export declare function headerOf(headers: EngineHeaders, name: string): string | undefined;
export declare function headersOf(headers: EngineHeaders): Headers;
