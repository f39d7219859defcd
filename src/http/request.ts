import { checkFlag, checkFunction, checkObject, REQUEST, wrong } from "./arguments.ts";
import type { EngineRequest } from "./engine.ts";
import { checkTimeouts, type HttpTimeouts } from "./timeouts.ts";

/** What to ask for: a URL, or a `Request`. */
export type HttpInput = string | URL | Request;

/** How much of a body has arrived. */
export interface HttpProgress {
  /** Bytes so far, as they were after decoding. */
  readonly loaded: number;
  /** How many there will be; `undefined` where the server has not said, or the body is compressed. */
  readonly total: number | undefined;
}

/** A body, as `fetch` takes it, or a stream of bytes. */
export type HttpBody = NonNullable<RequestInit["body"]> | AsyncIterable<Uint8Array>;

/** How one request is made: what `fetch` knows of it, and what goes before the options of the pool. */
export interface HttpInit {
  method?: string | undefined;
  headers?: RequestInit["headers"];
  /**
   * What is sent. A function is called for each attempt, so that a stream can be sent again; a stream that is
   * given as it is can be sent once, and is not retried.
   */
  body?: HttpBody | null | (() => HttpBody | PromiseLike<HttpBody>) | undefined;
  /** Is sent as JSON, in place of a body; the method is POST then unless there is another. */
  json?: unknown;
  /** Cancels the request from outside, also while its body is read. */
  signal?: AbortSignal | null | undefined;
  /** `"follow"` by default; `"manual"` gives the redirect itself, `"error"` makes it an HttpRedirectError. */
  redirect?: "follow" | "manual" | "error" | undefined;
  /** How the cache of the pool is used, in the words of `fetch`. */
  cache?: "default" | "no-store" | "reload" | "no-cache" | "force-cache" | undefined;
  timeouts?: HttpTimeouts | undefined;
  /** `false` makes one attempt; `"unsafe"` retries whatever the method is. */
  retry?: boolean | "unsafe" | undefined;
  /** `false` sends it once; with `true`, what is retried because of `"unsafe"` is hedged, too. */
  hedge?: boolean | undefined;
  dedupe?: boolean | undefined;
  raiseForStatus?: boolean | undefined;
  /** Called after each chunk of the body that was read. What it throws is reported. */
  onProgress?: ((progress: HttpProgress) => unknown) | undefined;
}

/** A request as it will be sent. */
export interface Prepared {
  readonly url: string;
  readonly origin: string;
  readonly method: string;
  readonly headers: Headers;
  /** Gives the body for an attempt; `undefined` if there is none. */
  readonly body: (() => EngineRequest["body"] | PromiseLike<EngineRequest["body"]>) | undefined;
  /** Whether the body can be sent again. */
  readonly replayable: boolean;
  readonly redirect: "follow" | "manual" | "error";
  readonly signal: AbortSignal | undefined;
  /** How the cache is used. */
  readonly cache: HttpInit["cache"];
  /** Whether the cache has put a question into the headers. */
  readonly asks: boolean;
  readonly init: HttpInit;
}

const redirects: readonly unknown[] = ["follow", "manual", "error"];
const caches: readonly unknown[] = ["default", "no-store", "reload", "no-cache", "force-cache"];
const forbidden: readonly string[] = ["CONNECT", "TRACE", "TRACK"];
const usual: readonly string[] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/** Of all requests that have none: nobody changes the headers of a prepared one, who wants others copies them. */
const none = new Headers();

/** As `fetch` does, which leaves the case of others than the usual ones as it is. */
function methodOf(value: unknown): string {
  const method = typeof value === "string" ? value : "";
  const upper = method.toUpperCase();
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method) || forbidden.includes(upper)) {
    throw new TypeError(wrong(REQUEST, "method", "a method that can be sent", value));
  }
  return usual.includes(upper) ? upper : method;
}

/** @throws {TypeError} If it is no URL that requests can be made of. */
export function urlOf(action: string, name: string, input: unknown, base?: string): URL {
  const text =
    input instanceof URL ? input.href : ((input as { url?: unknown } | null)?.url ?? input);
  let url: URL | undefined;
  try {
    if (typeof text === "string") url = new URL(text, base);
  } catch {
    // Told below.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const what =
      name === "input" ? "an http: or https: URL or a Request" : "an http: or https: URL";
    throw new TypeError(wrong(action, name, what, text));
  }
  if (url.username !== "" || url.password !== "") {
    const bare = `${url.origin}${url.pathname}`;
    throw new TypeError(wrong(action, name, "a URL without a user and password", bare));
  }
  return url;
}

function jsonOf(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(wrong(REQUEST, "json", "what JSON has", value));
  return text;
}

/** Whether a body is used up by being sent. */
function isOnce(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  return body instanceof ReadableStream || (Symbol.asyncIterator in body && !("size" in body));
}

/**
 * @throws {TypeError | RangeError} If something is not what it should be.
 */
export function prepare(
  input: HttpInput,
  init: HttpInit | undefined,
  base: string | undefined,
  defaults: Headers | undefined,
): Prepared {
  checkObject(REQUEST, "init", init);
  const how = init ?? {};
  const url = urlOf(REQUEST, "input", input, base);
  const given = typeof input === "object" && !(input instanceof URL) ? input : undefined;
  checkInit(how);
  const json = how.json === undefined ? undefined : jsonOf(how.json);
  const method = methodOf(how.method ?? given?.method ?? (json === undefined ? "GET" : "POST"));
  const own = how.headers ?? given?.headers;
  const isPlain = own === undefined && defaults === undefined && json === undefined;
  const headers = isPlain ? none : new Headers(own);
  if (defaults !== undefined) {
    for (const [name, value] of defaults) if (!headers.has(name)) headers.set(name, value);
  }
  if (json !== undefined && !headers.has("content-type")) {
    headers.set("content-type", "application/json");
  }
  const body = json ?? (how.body === undefined ? given?.body : how.body) ?? undefined;
  if (body !== undefined && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`Cannot ${REQUEST}: "body" must be absent of a ${method}, received one`);
  }
  return {
    url: url.href,
    origin: url.origin,
    method,
    headers,
    body: typeof body === "function" ? body : body === undefined ? undefined : () => body,
    replayable: !isOnce(body),
    redirect: how.redirect ?? given?.redirect ?? "follow",
    signal: how.signal ?? given?.signal ?? undefined,
    cache:
      how.cache ??
      (caches.includes(given?.cache) ? (given!.cache as HttpInit["cache"]) : undefined),
    asks: false,
    init: how,
  };
}

function checkInit(init: HttpInit): void {
  const { json, body, redirect, cache, retry } = init;
  if (json !== undefined && body !== undefined) {
    throw new TypeError(
      `Cannot ${REQUEST}: one of "json" and "body" must be absent, received both`,
    );
  }
  if (redirect !== undefined && !redirects.includes(redirect)) {
    throw new TypeError(wrong(REQUEST, "redirect", '"follow", "manual" or "error"', redirect));
  }
  if (cache !== undefined && !caches.includes(cache)) {
    throw new TypeError(wrong(REQUEST, "cache", `one of ${caches.join(", ")}`, cache));
  }
  if (retry !== "unsafe") checkFlag(REQUEST, "retry", retry);
  checkTimeouts(REQUEST, init.timeouts);
  checkFlag(REQUEST, "hedge", init.hedge);
  checkFlag(REQUEST, "dedupe", init.dedupe);
  checkFlag(REQUEST, "raiseForStatus", init.raiseForStatus);
  checkFunction(REQUEST, "onProgress", init.onProgress);
}
