import { AsyncLru, type Eviction, now } from "../index.ts";
import { checkCount, checkObject, CREATE } from "./arguments.ts";
import { ageMs, directivesOf, isStorable, lifetimeMs, varyOf } from "./freshness.ts";
import type { Prepared } from "./request.ts";
import { HttpResponse } from "./response.ts";
import { type Visit, Visits } from "./visits.ts";

export interface HttpCacheOptions {
  /** How many responses are kept at most; 1,000 by default. */
  max?: number | undefined;
  /** How many bytes their bodies may have together; 64 MiB by default. */
  maxBytes?: number | undefined;
  /** A body that is larger is not kept; 1 MiB by default. */
  maxEntryBytes?: number | undefined;
  /** `lru` by default. */
  eviction?: Eviction | undefined;
}

/** The figures of an {@link HttpCache}. */
export interface HttpCacheStats {
  /** How many responses it has. */
  readonly size: number;
  readonly bytes: number;
  /** How many were given without asking the server. */
  readonly hits: number;
  /** How many were given after the server had said that they have not changed. */
  readonly revalidated: number;
  readonly misses: number;
  readonly evictions: number;
}

/** A response with its body, as it is kept. */
export interface Stored {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** For how long it is fresh from its making on, how old it was when it came, and when that was. */
  readonly lifetimeMs: number;
  readonly ageMs: number;
  readonly since: number;
}

/** The answer that what is kept has not changed. */
export interface Confirmation {
  readonly stored: Stored;
  readonly response: HttpResponse;
  readonly tookMs: number;
  /** Whether it may have changed since. */
  readonly isOld: boolean;
}

/** What a cache has for a request. */
export interface Found {
  readonly stored: Stored;
  readonly isFresh: boolean;
}

/** Of a response that has not changed: these are about the answer that says so. */
const ownOf304: readonly string[] = [
  "content-encoding",
  "content-length",
  "content-range",
  "transfer-encoding",
];
/** Who sets one of these asks a question of its own. */
const conditions = [
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
];

/**
 * Keeps responses to GETs, as RFC 9111 has it for a private cache: `max-age`, `Expires`, `no-store`, `no-cache`,
 * `Vary`, `ETag`, `Last-Modified` and `Age`. `s-maxage` and `public` are for shared caches, and mean nothing here;
 * nothing is taken for fresh that does not say so. What is stale is asked about, if the server has given
 * something to ask with. Requests with another `Authorization` or `Cookie` have responses of their own. A
 * request that may change something drops what there is of its URL. Responses that came by a redirect are
 * not kept.
 *
 * One cache may serve several pools.
 */
export class HttpCache {
  readonly maxEntryBytes: number;
  readonly #responses: AsyncLru<string, Stored>;
  /** What the responses of a URL go by. */
  readonly #vary: AsyncLru<string, readonly string[]>;
  /** Requests that have found nothing to be given. */
  readonly #visits = new Visits();
  #hits = 0;
  #revalidated = 0;
  #misses = 0;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options?: HttpCacheOptions) {
    checkObject(CREATE, "cache", options);
    const { max = 1_000, maxBytes = 64 << 20, maxEntryBytes = 1 << 20, eviction } = options ?? {};
    checkCount(CREATE, "cache.max", max);
    checkCount(CREATE, "cache.maxBytes", maxBytes);
    checkCount(CREATE, "cache.maxEntryBytes", maxEntryBytes);
    this.maxEntryBytes = maxEntryBytes;
    const sizeOf = ({ bytes }: Stored): number => Math.max(1, bytes.byteLength);
    this.#responses = new AsyncLru<string, Stored>({ max, maxSize: maxBytes, sizeOf, eviction });
    this.#vary = new AsyncLru<string, readonly string[]>({ max });
  }

  /** Drops all, or what there is of a URL. */
  clear(url?: string | URL): void {
    const key = url === undefined ? undefined : bare(new URL(url).href);
    this.#visits.change(key);
    if (key === undefined) this.#responses.clear();
    else this.#responses.deleteTag(key);
  }

  stats(): HttpCacheStats {
    const { size, totalSize: bytes } = this.#responses;
    const { evictions } = this.#responses.stats();
    return Object.freeze({
      size,
      bytes,
      hits: this.#hits,
      revalidated: this.#revalidated,
      misses: this.#misses,
      evictions,
    });
  }

  /** @internal Whether a request goes by the cache at all. */
  serves({ method, headers, cache }: Prepared): boolean {
    if (method !== "GET" || cache === "no-store") return false;
    if (conditions.some((name) => headers.has(name))) return false;
    return !directivesOf(headers.get("cache-control")).has("no-store");
  }

  /** @internal */
  find(request: Prepared): Found | undefined {
    const key = this.#keyOf(request);
    const { cache } = request;
    const stored = this.#responses.peek(key);
    // Counts as asked for.
    if (stored !== undefined) void this.#responses.get(key);
    if (stored === undefined || cache === "reload") {
      this.#misses++;
      return undefined;
    }
    const directives = directivesOf(request.headers.get("cache-control"));
    const mayUse = cache !== "no-cache" && !directives.has("no-cache");
    const most = Number(directives.get("max-age") ?? Infinity) * 1000;
    const age = this.#ageOf(stored);
    const isFresh = cache === "force-cache" || (mayUse && age < Math.min(most, stored.lifetimeMs));
    if (isFresh) this.#hits++;
    return { stored, isFresh };
  }

  /** @internal The same request, with the question whether the response has changed. */
  ask(request: Prepared, { headers: known }: Stored): Prepared {
    const headers = new Headers(request.headers);
    const tag = known.get("etag");
    const date = known.get("last-modified");
    if (tag !== null) headers.set("if-none-match", tag);
    if (date !== null) headers.set("if-modified-since", date);
    return { ...request, headers, asks: true };
  }

  /** @internal It has not changed. */
  confirm(request: Prepared, { stored, response, tookMs, isOld }: Confirmation): Stored {
    this.#revalidated++;
    const headers = new Headers(stored.headers);
    const news = [...response.headers].filter(([name]) => !ownOf304.includes(name));
    for (const [name] of news) headers.delete(name);
    for (const [name, value] of news) headers.append(name, value);
    // An age is of the answer that has it.
    if (!response.headers.has("age")) headers.delete("age");
    const confirmed = { ...stored, ...timesOf(headers, tookMs), headers };
    if (isOld) return confirmed;
    if (isStorable(stored.status, headers)) this.#keep(request, confirmed);
    else this.drop(request);
    return confirmed;
  }

  /** @internal A request is sent, the response to which may be kept. */
  enter({ url }: Prepared): Visit {
    return this.#visits.enter(bare(url));
  }

  /** @internal */
  leave({ url }: Prepared, visit: Visit): void {
    this.#visits.leave(bare(url), visit);
  }

  /** @internal Whether the response may be kept, to a request that was sent with these headers. */
  mayKeep({ headers: known }: Prepared, response: HttpResponse, sent: Headers): boolean {
    const { headers, redirected, status } = response;
    if (redirected || !isStorable(status, headers)) return false;
    // What a hook sets is not known when the cache is asked, and may be another's the next time.
    return goesBy(varyOf(headers)).every((name) => sent.get(name) === known.get(name));
  }

  /** @internal */
  keep(request: Prepared, response: HttpResponse, bytes: Uint8Array, tookMs: number): void {
    const { url, status, statusText } = response;
    const headers = new Headers(response.headers);
    const times = timesOf(headers, tookMs);
    this.#keep(request, { url, status, statusText, headers, bytes, ...times });
  }

  /** @internal What there is for the request is not true any more. */
  drop(request: Prepared): void {
    this.#responses.delete(this.#keyOf(request));
  }

  /** @internal A request that may have changed what is there has succeeded. */
  invalidate({ method, url }: Prepared, status: number): void {
    if (["GET", "HEAD", "OPTIONS"].includes(method) || status >= 400) return;
    this.#visits.change(bare(url));
    this.#responses.deleteTag(bare(url));
  }

  /** @internal */
  give(stored: Stored, attempts: number): HttpResponse {
    const headers = new Headers(stored.headers);
    headers.set("age", String(Math.floor(this.#ageOf(stored) / 1000)));
    const { url, status, statusText, bytes } = stored;
    const head = { url, status, statusText, headers, redirected: false, attempts, fromCache: true };
    return new HttpResponse(head, { bytes });
  }

  #keep(request: Prepared, stored: Stored): void {
    const url = bare(request.url);
    this.#vary.set(url, varyOf(stored.headers) ?? []);
    this.#responses.set(this.#keyOf(request), stored, { tags: [url] });
  }

  #keyOf({ url, headers }: Prepared): string {
    const by = goesBy(this.#vary.peek(bare(url)));
    return JSON.stringify([bare(url), ...by.map((name) => [name, headers.get(name)])]);
  }

  #ageOf({ ageMs: before, since }: Stored): number {
    return before + Math.max(0, now() - since);
  }
}

/** What responses are told apart by. */
function goesBy(vary: readonly string[] | undefined): readonly string[] {
  return ["authorization", "cookie", ...(vary ?? [])];
}

/** No server sees what is behind the hash. */
function bare(url: string): string {
  const at = url.indexOf("#");
  return at < 0 ? url : url.slice(0, at);
}

function timesOf(headers: Headers, tookMs: number): Pick<Stored, "lifetimeMs" | "ageMs" | "since"> {
  return { lifetimeMs: lifetimeMs(headers), ageMs: ageMs(headers, tookMs), since: now() };
}
