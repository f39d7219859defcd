/** The errors of requests, each of which says in which phase of which request it fell. */
import { TimeoutError } from "../index.ts";

/** Where in a request something happened: before the headers of the response, or in its body. */
export type HttpPhase = "headers" | "body";

/** Which of the limits of time was over. */
export type HttpTimeoutPhase = "total" | "attempt" | "headers" | "bodyIdle";

/** Why a failure that could be retried was not, or not again. */
export type GaveUp = "attempts" | "budget" | "tooLate" | "unsafe" | "body";

/** What was asked for when something failed. */
export interface FailedRequest {
  readonly method: string;
  readonly url: string;
}

// What another copy of the library recognises a class by, minified or not.
const brandKey = Symbol.for("corral.http.brand");

/** By brand for the classes here, by prototype for classes that extend them. */
function isOf(it: abstract new (...args: never[]) => unknown, value: unknown): boolean {
  const own = Object.getOwnPropertyDescriptor(it, brandKey)?.value as string | undefined;
  if (own === undefined) return Function.prototype[Symbol.hasInstance].call(it, value);
  let made = (value as { constructor?: object } | null | undefined)?.constructor;
  while (typeof made === "function") {
    if (Object.getOwnPropertyDescriptor(made, brandKey)?.value === own) return true;
    made = Object.getPrototypeOf(made) as object | undefined;
  }
  return false;
}

/** A request that has failed. */
export abstract class HttpError extends Error {
  /** @internal */
  static readonly [brandKey]: string = "HttpError";
  /** The URL of the request: the one that a redirect led to, if there was one. */
  readonly url: string;
  readonly method: string;
  /** How many attempts were made, as far as is known. */
  attempts: number = 1;
  /** Why there was no further attempt; `undefined` where none would help. */
  gaveUp: GaveUp | undefined = undefined;

  constructor(request: FailedRequest, what: string, options?: ErrorOptions) {
    super(`${request.method} ${request.url} ${what}`, options);
    this.url = request.url;
    this.method = request.method;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOf(this, value);
  }
}

/** What is kept of a response that is no success. */
export interface StatusResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly url: string;
}

/** The status of the response is no success, and that was to be an error; see `raiseForStatus`. */
export class HttpStatusError extends HttpError {
  /** @internal */
  static override readonly [brandKey]: string = "HttpStatusError";
  override readonly name = "HttpStatusError" as const;
  readonly status: number;
  readonly response: StatusResponse;
  /** The first 2 KiB of the body, as UTF-8. */
  readonly body: string;

  constructor(request: FailedRequest, response: StatusResponse, body: string) {
    super(request, `gave ${response.status} ${response.statusText}`.trimEnd());
    this.status = response.status;
    this.response = response;
    this.body = body;
  }
}

/** The connection failed: it was refused, reset, or closed in the middle of a body. */
export class HttpNetworkError extends HttpError {
  /** @internal */
  static override readonly [brandKey]: string = "HttpNetworkError";
  override readonly name = "HttpNetworkError" as const;
  readonly phase: HttpPhase;
  /** The code of the system or the engine, such as `ECONNRESET`, if there is one. */
  readonly code: string | undefined;

  constructor(request: FailedRequest, phase: HttpPhase, cause: unknown) {
    const code = codeOf(cause);
    const where = phase === "headers" ? "had no response" : "broke off in the body";
    super(request, `${where}: ${code ?? textOf(cause)}`, { cause });
    this.phase = phase;
    this.code = code;
  }
}

/** Redirects led nowhere: too many of them, or one that cannot be followed. */
export class HttpRedirectError extends HttpError {
  /** @internal */
  static override readonly [brandKey]: string = "HttpRedirectError";
  override readonly name = "HttpRedirectError" as const;
  /** The URLs that were asked for, in order. */
  readonly urls: readonly string[];

  constructor(request: FailedRequest, what: string, urls: readonly string[]) {
    super(request, what);
    this.urls = urls;
  }
}

/**
 * The request could not begin before its deadline: its origin has asked all to wait for longer, or its rate
 * has no turn before. Nothing was sent.
 */
export class HttpTooLateError extends HttpError {
  /** @internal */
  static override readonly [brandKey]: string = "HttpTooLateError";
  override readonly name = "HttpTooLateError" as const;

  constructor(request: FailedRequest, cause: unknown) {
    super(request, `could not begin in time: ${textOf(cause)}`, { cause });
  }
}

/**
 * A limit of time of a request was over; `phase` says which. A TimeoutError, too. An outer `timeout()` that
 * expires is none of these: it throws its own.
 */
export class HttpTimeoutError extends TimeoutError {
  /** @internal */
  static readonly [brandKey]: string = "HttpTimeoutError";
  readonly phase: HttpTimeoutPhase;
  readonly url: string;
  readonly method: string;
  attempts: number = 1;
  gaveUp: GaveUp | undefined = undefined;

  constructor(request: FailedRequest, phase: HttpTimeoutPhase, afterMs: number, deadline: number) {
    super(deadline, afterMs);
    this.phase = phase;
    this.url = request.url;
    this.method = request.method;
    this.message = `${request.method} ${request.url} timed out: ${limits[phase]} ${Math.round(afterMs)} ms`;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isOf(this, value);
  }
}

const limits: Readonly<Record<HttpTimeoutPhase, string>> = {
  total: "it took longer than",
  attempt: "an attempt took longer than",
  headers: "there were no headers for",
  bodyIdle: "nothing of the body was read for",
};

/** A failure of a request that another attempt might not have. */
export type HttpFailure =
  | HttpStatusError
  | HttpNetworkError
  | HttpRedirectError
  | HttpTooLateError
  | HttpTimeoutError;

/** Whether it is one that another attempt might not meet. */
export function mayPass(error: unknown): error is HttpNetworkError | HttpTimeoutError {
  return error instanceof HttpNetworkError || error instanceof HttpTimeoutError;
}

function codeOf(cause: unknown): string | undefined {
  // `fetch` says "fetch failed", and has what failed as the cause.
  for (let error = cause, i = 0; error instanceof Error && i < 5; error = error.cause, i++) {
    const { code } = error as { code?: unknown };
    if (typeof code === "string") return code;
  }
  return undefined;
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
