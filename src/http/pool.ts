import type { MappedStream, StreamSource } from "../index.ts";
import { checkMs, checkObject, CREATE, REQUEST, wrong } from "./arguments.ts";
import { HttpCache, type HttpCacheStats } from "./cache.ts";
import { Gatherer } from "./gatherer.ts";
import { Machinery } from "./machinery.ts";
import type {
  GatherManyOptions,
  HttpGathered,
  HttpItem,
  HttpResult,
  StreamManyOptions,
} from "./many.ts";
import type { HttpPoolOptions } from "./options.ts";
import { Delivery } from "./delivery.ts";
import { type HttpInit, type HttpInput, prepare, urlOf } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import { Requester } from "./requester.ts";

export interface HttpCloseOptions {
  /** How long requests that are under way may go on; 5,000 by default. */
  graceMs?: number | undefined;
}

/** The figures of an {@link HttpPool}. */
export interface HttpPoolStats {
  /** How many requests hold a place: they were sent, and their bodies have not ended. */
  readonly active: number;
  /** How many wait for a place. */
  readonly pending: number;
  /** How many calls are under way, those included that wait for their next attempt. */
  readonly calls: number;
  /** How many origins have a request, or one that waits for a place. */
  readonly origins: number;
  // Since the pool was made:
  /** Calls that made a request; what came out of the cache, or from another's request, is none. */
  readonly requests: number;
  readonly ok: number;
  readonly failed: number;
  readonly attempts: number;
  readonly retries: number;
  /** Requests that were sent beside a slow one. */
  readonly hedged: number;
  /** Calls that have joined the request of another. */
  readonly shared: number;
  /** Bytes of bodies that were read. */
  readonly bytes: number;
  readonly cache: HttpCacheStats | undefined;
}

/** Makes HTTP requests within limits; see {@link httpPool}. */
export class HttpPool implements AsyncDisposable {
  readonly name: string | undefined;
  readonly #pool: Machinery;
  readonly #requester: Requester;
  readonly #many: Gatherer;
  readonly #cache: HttpCache | undefined;
  readonly #base: string | undefined;
  readonly #headers: Headers | undefined;

  /** @internal */
  constructor(options: HttpPoolOptions | undefined) {
    checkObject(CREATE, "options", options);
    const { name, cache, baseUrl, headers, dedupe } = options ?? {};
    if (dedupe !== undefined && typeof dedupe !== "boolean") {
      throw new TypeError(wrong(CREATE, "dedupe", "a boolean", dedupe));
    }
    this.name = name;
    this.#pool = new Machinery(options ?? {});
    this.#base = baseUrl === undefined ? undefined : urlOf(CREATE, "baseUrl", baseUrl).href;
    this.#headers = headers === undefined ? undefined : new Headers(headers);
    // By what it does, since it may be another copy's.
    const isCache = typeof (cache as HttpCache | undefined)?.find === "function";
    this.#cache =
      cache === undefined || isCache ? (cache as HttpCache | undefined) : new HttpCache(cache);
    this.#requester = new Requester(this.#pool, this.#cache, dedupe === true);
    this.#many = new Gatherer(this.#requester, this.#prepare, this.#pool.total);
  }

  readonly #prepare = (input: HttpInput, init: HttpInit | undefined): ReturnType<typeof prepare> =>
    prepare(input, init, this.#base, this.#headers);

  /**
   * Makes a request, as `fetch` does, and resolves when the headers of the response are there.
   *
   * The response holds the place of the request until its body has been read, was cancelled or disposed, or
   * has failed. So read it, or dispose it, before you wait for others.
   *
   * @throws {HttpNetworkError} If the connection failed.
   * @throws {HttpTimeoutError} If a limit of time was over; its `phase` says which.
   * @throws {HttpStatusError} With `raiseForStatus`, if the status is no success.
   * @throws {HttpRedirectError} If redirects cannot be followed.
   * @throws {HttpTooLateError} If the origin cannot be asked in time.
   * @throws {CircuitOpenError} If the circuit breaker of the origin is open.
   * @throws {ClosedError} If the pool is closed.
   * @throws The cancellation; what a hook throws.
   * @throws {TypeError | RangeError} If an argument is not what it should be. Nothing is sent then.
   */
  fetch = (input: HttpInput, init?: HttpInit): Promise<HttpResponse> =>
    new Promise((resolve, reject) => {
      const delivery = new Delivery(resolve, reject);
      const request = this.#prepare(input, init);
      const { take, fail } = delivery;
      this.#requester.send(request, false, take, { delivers: true }).catch(fail);
    });

  /**
   * Makes a request and gives what `read` makes of its response, while that has its place; what `read` leaves
   * of the body is discarded. A body that breaks off is asked for again, as a failure before it is: `read` is
   * called with each response then.
   *
   * @throws What `read` throws. All that `fetch()` throws, and HttpStatusError unless `raiseForStatus` is off.
   */
  async read<T>(
    input: HttpInput,
    read: (response: HttpResponse) => T | PromiseLike<T>,
    init?: HttpInit,
  ): Promise<Awaited<T>> {
    if (typeof read !== "function") throw new TypeError(wrong(REQUEST, "read", "a function", read));
    return await this.#requester.send(this.#prepare(input, init), true, read);
  }

  /**
   * Makes a request and reads its body as JSON; see {@link read}.
   *
   * @throws {SyntaxError} If it is none.
   */
  json<T = unknown>(input: HttpInput, init?: HttpInit): Promise<T> {
    return this.read(input, (response) => response.json<T>(), init);
  }

  /** Makes a request and reads its body as text; see {@link read}. */
  text(input: HttpInput, init?: HttpInit): Promise<string> {
    return this.read(input, (response) => response.text(), init);
  }

  /** Makes a request and reads its body; see {@link read}. */
  bytes(input: HttpInput, init?: HttpInit): Promise<Uint8Array<ArrayBuffer>> {
    return this.read(input, (response) => response.bytes(), init);
  }

  /**
   * Makes many requests and gives what came of them.
   *
   * Items are taken from the source as they can be worked on, so that it may be endless but for its results.
   * `parse` reads each response while its request has its place; a body that breaks off there is asked for
   * again, so it may be called more than once for an item. All are cancelled, and waited for, when the
   * first fails, unless `onError` is `"collect"`.
   *
   * @throws The first failure; the cancellation.
   * @throws {TimeoutError} If `timeoutMs` is over, unless `onError` is `"collect"`.
   */
  gather<T = HttpResponse, I extends HttpItem = HttpItem>(
    inputs: StreamSource<I>,
    options: GatherManyOptions<T, I> & { onError: "collect" },
  ): Promise<HttpGathered<T | undefined, I>>;
  gather<T = HttpResponse, I extends HttpItem = HttpItem>(
    inputs: StreamSource<I>,
    options?: GatherManyOptions<T, I>,
  ): Promise<HttpGathered<T, I>>;
  async gather<T, I extends HttpItem>(
    inputs: StreamSource<I>,
    options?: GatherManyOptions<T, I>,
  ): Promise<HttpGathered<T, I>> {
    this.#pool.check();
    return this.#many.gather(inputs, options);
  }

  /**
   * Makes many requests and gives what comes of each, as it comes. A failure is a result like another.
   *
   * Nothing is taken from the source before the first `next()`, and no more than `concurrency` items have
   * begun and were not read. Leaving the loop cancels what is under way and waits for it.
   *
   * @throws {TypeError | RangeError} If an option is not what it should be.
   */
  stream<T = HttpResponse, I extends HttpItem = HttpItem>(
    inputs: StreamSource<I>,
    options?: StreamManyOptions<T, I>,
  ): MappedStream<HttpResult<T, I>> {
    this.#pool.check();
    return this.#many.stream(inputs, options);
  }

  /** Makes nobody ask an origin for so many milliseconds, as a `Retry-After` does. */
  pause(origin: string | URL, ms: number): void {
    checkMs("pause an origin", "ms", ms);
    this.#pool.origins.pause(new URL(origin).origin, ms);
  }

  /** The cache, if it has one. */
  get cache(): HttpCache | undefined {
    return this.#cache;
  }

  /** Figures of the moment: a frozen object. */
  stats(): HttpPoolStats {
    const { origins, calls, requests, ok, failed, attempts, retries, hedged, bytes } = this.#pool;
    const { active, pending } = origins.places;
    return Object.freeze({
      active,
      pending,
      calls,
      origins: origins.size,
      requests,
      ok,
      failed,
      attempts,
      retries,
      hedged,
      shared: this.#requester.shared,
      bytes,
      cache: this.#cache?.stats(),
    });
  }

  /**
   * Takes no more requests, and waits for those that are under way, bodies included. What goes on after
   * `graceMs` is cut off: it fails with a ClosedError. Closing it again waits for the same.
   */
  async close(options?: HttpCloseOptions): Promise<void> {
    checkObject("close an HTTP pool", "options", options);
    const { graceMs = 5_000 } = options ?? {};
    checkMs("close an HTTP pool", "graceMs", graceMs);
    await this.#pool.close(graceMs);
  }

  /** Cuts off what is under way, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close(0);
  }
}

/**
 * Makes a pool for HTTP requests: what `fetch` does not have.
 *
 * No more than `total` requests are under way at once, and no more than `perOrigin` to one origin; each holds
 * its place until its body has been read. Failures that may pass are retried, with a pause in which
 * the place is another's; a server that asks to wait (`Retry-After`) is left alone by all. Times are limited by
 * phase, and each failure is an error of its own class.
 *
 * @throws {TypeError | RangeError} If an option is not what it should be.
 * @example
 * ```ts
 * import { httpPool } from "corral/http";
 *
 * const http = httpPool({ total: 20, perOrigin: 4 });
 * const urls = ["https://example.com/a", "https://example.com/b"];
 * const { results, stats } = await http.gather(urls, {
 *   parse: async (response) => (await response.json<{ name: string }>()).name,
 * });
 * console.log(results, stats.ok); // [ 'a page', 'a page' ] 2
 * await http.close();
 * ```
 */
export function httpPool(options?: HttpPoolOptions): HttpPool {
  return new HttpPool(options);
}
