import { TimeoutError } from "../index.ts";
export type HttpPhase = "headers" | "body";
export type HttpTimeoutPhase = "total" | "attempt" | "headers" | "bodyIdle";
export type GaveUp = "attempts" | "budget" | "tooLate" | "unsafe" | "body";
export interface FailedRequest {
    readonly method: string;
    readonly url: string;
}
export declare abstract class HttpError extends Error {
    readonly url: string;
    readonly method: string;
    attempts: number;
    gaveUp: GaveUp | undefined;
    constructor(request: FailedRequest, what: string, options?: ErrorOptions);
    static [Symbol.hasInstance](value: unknown): boolean;
}
export interface StatusResponse {
    readonly status: number;
    readonly statusText: string;
    readonly headers: Headers;
    readonly url: string;
}
export declare class HttpStatusError extends HttpError {
    readonly name: "HttpStatusError";
    readonly status: number;
    readonly response: StatusResponse;
    readonly body: string;
    constructor(request: FailedRequest, response: StatusResponse, body: string);
}
export declare class HttpNetworkError extends HttpError {
    readonly name: "HttpNetworkError";
    readonly phase: HttpPhase;
    readonly code: string | undefined;
    constructor(request: FailedRequest, phase: HttpPhase, cause: unknown);
}
export declare class HttpRedirectError extends HttpError {
    readonly name: "HttpRedirectError";
    readonly urls: readonly string[];
    constructor(request: FailedRequest, what: string, urls: readonly string[]);
}
export declare class HttpTooLateError extends HttpError {
    readonly name: "HttpTooLateError";
    constructor(request: FailedRequest, cause: unknown);
}
export declare class HttpTimeoutError extends TimeoutError {
    readonly phase: HttpTimeoutPhase;
    readonly url: string;
    readonly method: string;
    attempts: number;
    gaveUp: GaveUp | undefined;
    constructor(request: FailedRequest, phase: HttpTimeoutPhase, afterMs: number, deadline: number);
    static [Symbol.hasInstance](value: unknown): boolean;
}
export type HttpFailure = HttpStatusError | HttpNetworkError | HttpRedirectError | HttpTooLateError | HttpTimeoutError;
export declare function mayPass(error: unknown): error is HttpNetworkError | HttpTimeoutError;
