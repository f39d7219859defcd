import type { CircuitBreakerOptions, KeyAllowance, RateLimiterOptions } from "../index.ts";
import type { HttpEngine } from "./engine.ts";
import type { HttpEvent } from "./events.ts";
import type { HttpCache, HttpCacheOptions } from "./cache.ts";
import type { HttpResponse } from "./response.ts";
import type { HttpRetryOptions } from "./retries.ts";
import type { HttpTimeouts } from "./timeouts.ts";

/** A request that is about to be sent. A hook may set its headers. */
export interface OutgoingRequest {
  readonly url: string;
  readonly method: string;
  /** Of this attempt alone. */
  readonly headers: Headers;
  /** Which attempt it is, from 1. */
  readonly attempt: number;
  /** Aborts when the request is cancelled. */
  readonly signal: AbortSignal;
}

export interface HedgeSettings {
  /** How long an attempt may be without headers before another one is sent beside it. */
  delayMs: number;
  /** How many are sent at most, the first one included; 2 by default. */
  max?: number | undefined;
}

export interface HttpPoolOptions {
  /** How many requests may be under way at once, of all origins together; 100 by default. */
  total?: number | undefined;
  /** How many may be under way to one origin; 10 by default. A function is given the origin. */
  perOrigin?: number | ((origin: string) => number | KeyAllowance) | undefined;
  /** How many requests an origin gets in how much time: a setting of `RateLimiter`. */
  rate?: RateLimiterOptions | ((origin: string) => RateLimiterOptions | undefined) | undefined;
  timeouts?: HttpTimeouts | undefined;
  /** `false` makes one attempt of each request. */
  retry?: HttpRetryOptions | false | undefined;
  /** Sends requests that may be sent twice a second time when the first is slow. */
  hedge?: HedgeSettings | undefined;
  /** A circuit breaker for each origin. Network errors, timeouts and statuses from 500 are failures. */
  breaker?: CircuitBreakerOptions | undefined;
  /** Whether equal GETs and HEADs that are under way at the same time are sent once. */
  dedupe?: boolean | undefined;
  /** Keeps responses, as RFC 9111 has it for a private cache. */
  cache?: HttpCacheOptions | HttpCache | undefined;
  /**
   * Whether a status that is no success is an HttpStatusError. By default it is for `json`, `text`, `gather`
   * and `stream`, and is not for `fetch`.
   */
  raiseForStatus?: boolean | undefined;
  /** How many redirects are followed; 20 by default. */
  maxRedirects?: number | undefined;
  /** Sent with each request that has none of the same name. */
  headers?: RequestInit["headers"];
  /** What URLs are relative to. */
  baseUrl?: string | URL | undefined;
  /** What sends the requests: the platform's `fetch` by default. */
  fetch?: HttpEngine | undefined;
  /**
   * Called before each attempt, redirects included: it may set headers, a token that it has to wait for, by the
   * URL that it is for. Where it sets `Authorization`, `Cookie` or what `Vary` names, the response is not kept
   * by the cache, which has no way to know them. What it throws, the request fails with.
   */
  beforeRequest?: ((request: OutgoingRequest) => unknown) | undefined;
  /**
   * Called with each response of a server that is given to the caller, before it is; not with what comes out
   * of the cache unasked. It may not read the body. What it throws, the request fails with.
   */
  afterResponse?: ((response: HttpResponse, request: OutgoingRequest) => unknown) | undefined;
  /** Told what happens to requests. What it throws is reported. */
  onEvent?: ((event: HttpEvent) => unknown) | undefined;
  /** Called once, when the pool has been closed. `close()` waits for it, and throws what it throws. */
  onClose?: (() => unknown) | undefined;
  /** How reports and the tree of waits call it. */
  name?: string | undefined;
}
