import { CancelScope, now, SingleFlight, TimeoutError } from "../index.ts";
import { at } from "./at.ts";
import type { Confirmation, HttpCache } from "./cache.ts";
import { Call, type Consume } from "./call.ts";
import { HttpStatusError, HttpTimeoutError } from "./errors.ts";
import { isFailing } from "./failing-status.ts";
import type { Machinery } from "./machinery.ts";
import type { Outcome } from "./outcome.ts";
import type { Prepared } from "./request.ts";
import { HttpResponse, type ResponseHead } from "./response.ts";
import { type HttpTimeouts, timeoutsOf } from "./timeouts.ts";

/** A response with its body, for all who share it. */
interface Shared {
  readonly head: ResponseHead;
  readonly bytes: Uint8Array;
}

/** Makes requests, or does without: by the cache, or by one of the same that is under way. */
export class Requester {
  readonly #pool: Machinery;
  readonly #cache: HttpCache | undefined;
  readonly #dedupes: boolean;
  readonly #flights = new SingleFlight<string, Shared>();

  constructor(pool: Machinery, cache: HttpCache | undefined, dedupes: boolean) {
    this.#pool = pool;
    this.#cache = cache;
    this.#dedupes = dedupes;
  }

  /** How many calls have joined another's request. */
  get shared(): number {
    const { calls, begun } = this.#flights.stats();
    return calls - begun;
  }

  /**
   * @param raises Whether a status that is no success is an error, unless the request or the pool says.
   * @param consume Called with the response, while its request has its place.
   * @param deliver Whether `consume` gives the response away: then nothing is tried again.
   */
  send<T>(
    request: Prepared,
    raises: boolean,
    consume: (response: HttpResponse) => T | PromiseLike<T>,
    how?: { readonly delivers?: boolean; readonly outcome?: Outcome | undefined },
  ): Promise<T> {
    this.#pool.check();
    const take: Consume<T> = (response, call) => {
      call.delivered = how?.delivers === true;
      return consume(response);
    };
    const { method, init } = request;
    const isRead = (method === "GET" || method === "HEAD") && request.body === undefined;
    if (isRead && (init.dedupe ?? this.#dedupes)) {
      return this.#join(request, raises, consume);
    }
    return this.#call(request, raises, take, consume, how?.outcome);
  }

  /** Through the cache, where there is one. */
  #call<T>(
    request: Prepared,
    raises: boolean,
    take: Consume<T>,
    consume: (response: HttpResponse) => T | PromiseLike<T>,
    outcome: Outcome | undefined,
  ): Promise<T> {
    const cache = this.#cache;
    if (cache === undefined) return this.#run(request, raises, take, outcome);
    return this.#cached(cache, request, raises, take, consume, outcome);
  }

  async #cached<T>(
    cache: HttpCache,
    request: Prepared,
    raises: boolean,
    take: Consume<T>,
    consume: (response: HttpResponse) => T | PromiseLike<T>,
    outcome: Outcome | undefined,
  ): Promise<T> {
    if (!cache.serves(request)) {
      return this.#run(
        request,
        raises,
        (response, call) => {
          cache.invalidate(request, response.status);
          return take(response, call);
        },
        outcome,
      );
    }
    const found = cache.find(request);
    if (found?.isFresh === true) {
      request.signal?.throwIfAborted();
      CancelScope.current?.throwIfCancelled();
      const response = cache.give(found.stored, 0);
      this.#raise(request, response, found.stored.bytes, raises);
      return consume(response);
    }
    const stored = found?.stored;
    const since = now();
    const visit = cache.enter(request);
    const answer: Consume<T> = async (response, call) => {
      const tookMs = now() - since;
      if (response.status === 304 && stored !== undefined && !response.redirected) {
        return this.#confirmed(request, raises, { ...visit, stored, response, tookMs }, call, take);
      }
      if (cache.mayKeep(request, response, call.sent)) {
        const bytes = await response.upTo(cache.maxEntryBytes);
        if (bytes !== undefined) {
          if (!visit.isOld) cache.keep(request, response, bytes, tookMs);
          return take(response.with(bytes), call);
        }
      }
      // It is newer than what there may be.
      if (!visit.isOld && response.status < 400) cache.drop(request);
      return take(response, call);
    };
    try {
      const asked = stored === undefined ? request : cache.ask(request, stored);
      return await this.#run(asked, raises, answer, outcome);
    } finally {
      cache.leave(request, visit);
    }
  }

  #confirmed<T>(
    request: Prepared,
    raises: boolean,
    answer: Confirmation,
    call: Call,
    take: Consume<T>,
  ): T | PromiseLike<T> {
    const confirmed = this.#cache!.confirm(request, answer);
    const given = this.#cache!.give(confirmed, call.attempts);
    this.#raise(request, given, confirmed.bytes, raises);
    return take(given, call);
  }

  #run<T>(
    request: Prepared,
    raises: boolean,
    take: Consume<T>,
    outcome: Outcome | undefined,
  ): Promise<T> {
    const call = new Call(this.#pool, request, raises);
    return call.run(take, outcome);
  }

  /** Each caller has its own limits and its own response; the request is one. */
  async #join<T>(
    request: Prepared,
    raises: boolean,
    consume: (response: HttpResponse) => T | PromiseLike<T>,
  ): Promise<T> {
    const { init, signal } = request;
    const { totalMs } = timeoutsOf(init.timeouts, this.#pool.timeouts);
    const scope = new CancelScope({ name: request.url, timeoutMs: totalMs, signal });
    try {
      return await scope.run(async () => {
        const key = sameness(request, this.#pool.timeouts);
        const load = (own: CancelScope): Promise<Shared> => this.#load(request, own);
        const { head, bytes } = await this.#flights.run(key, load, at(scope));
        const headers = new Headers(head.headers as Headers);
        const response = new HttpResponse({ ...head, headers }, { bytes });
        this.#raise(request, response, bytes, raises);
        return consume(response);
      });
    } catch (error) {
      if (!(error instanceof TimeoutError) || error.deadline !== scope.deadline) throw error;
      throw new HttpTimeoutError(request, "total", totalMs, scope.deadline);
    }
  }

  #load(request: Prepared, scope: CancelScope): Promise<Shared> {
    const { signal } = at(scope);
    // Who joins may want no error of the status: each decides for itself.
    // And each has a limit of its own to the whole: the load has the latest of their deadlines.
    const timeouts = { ...request.init.timeouts, totalMs: Infinity };
    const silent = {
      ...request,
      signal,
      init: { ...request.init, timeouts, raiseForStatus: false },
    };
    return this.#call(silent, false, share, share, undefined);
  }

  #raise(request: Prepared, response: HttpResponse, bytes: Uint8Array, raises: boolean): void {
    if (!(request.init.raiseForStatus ?? this.#pool.raises ?? raises)) return;
    if (!isFailing(response.status, request)) return;
    const { url, status, statusText, headers } = response;
    const text = new TextDecoder().decode(bytes.subarray(0, 2_048));
    const failure = new HttpStatusError(request, { url, status, statusText, headers }, text);
    failure.attempts = response.attempts;
    throw failure;
  }
}

async function share(response: HttpResponse): Promise<Shared> {
  const { url, status, statusText, headers, redirected, attempts, fromCache } = response;
  const head = { url, status, statusText, headers, redirected, attempts, fromCache };
  return { head, bytes: await response.bytes() };
}

/**
 * Requests with the same are the same. Nothing that they hold can look like something else. How an attempt is
 * made belongs to it: nobody gets the failure of a limit that another has set.
 */
function sameness(
  { method, url, headers, redirect, cache, init }: Prepared,
  usual: Readonly<Record<keyof HttpTimeouts, number>>,
): string {
  const { attemptMs, headersMs, bodyIdleMs } = timeoutsOf(init.timeouts, usual);
  const how = [attemptMs, headersMs, bodyIdleMs, init.retry, init.hedge].map(String);
  return JSON.stringify([method, url, [...headers], redirect, cache ?? "", how]);
}
