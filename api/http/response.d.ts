import { CancelScope, type WaitOptions } from "../index.ts";
import type { Body } from "./body.ts";
import { type EngineHeaders } from "./engine.ts";
import type { StatusResponse } from "./errors.ts";
export type Content = {
    readonly body: Body;
    readonly length: number | undefined;
    readonly discard: () => Promise<void>;
    readonly within: CancelScope;
} | {
    readonly bytes: Uint8Array;
};
export interface ResponseHead {
    readonly url: string;
    readonly status: number;
    readonly statusText: string;
    readonly headers: EngineHeaders;
    readonly redirected: boolean;
    readonly attempts: number;
    readonly fromCache: boolean;
}
export declare class HttpResponse implements StatusResponse, AsyncDisposable {
    #private;
    readonly url: string;
    readonly status: number;
    readonly statusText: string;
    readonly redirected: boolean;
    readonly attempts: number;
    readonly fromCache: boolean;
    readonly type: "basic";
    get headers(): Headers;
    get ok(): boolean;
    get bodyUsed(): boolean;
    get body(): ReadableStream<Uint8Array> | null;
    bytes(options?: WaitOptions): Promise<Uint8Array<ArrayBuffer>>;
    arrayBuffer(options?: WaitOptions): Promise<ArrayBuffer>;
    text(options?: WaitOptions): Promise<string>;
    json<T = unknown>(options?: WaitOptions): Promise<T>;
    blob(options?: WaitOptions): Promise<Blob>;
    toResponse(): Response;
    [Symbol.asyncDispose](): Promise<void>;
}
