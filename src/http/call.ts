import {
  CancelScope,
  ClosedError,
  isCancellation,
  now,
  retryAfterMs,
  sleep,
  TimeoutError,
} from "../index.ts";
import { at } from "./at.ts";
import { type HttpFailure, HttpTimeoutError, HttpTooLateError, mayPass } from "./errors.ts";
import { isFailing, readStatus, statusOf } from "./failing-status.ts";
import { Dispatch } from "./dispatch.ts";
import type { Exchange } from "./exchange.ts";
import type { Machinery } from "./machinery.ts";
import { follow, locationOf } from "./redirect.ts";
import type { HttpEvent } from "./events.ts";
import type { Outcome } from "./outcome.ts";
import type { Prepared } from "./request.ts";
import { HttpResponse } from "./response.ts";
import { type HttpTimeouts, timeoutsOf } from "./timeouts.ts";

/** What is done with the response while its request has its place. */
export type Consume<T> = (response: HttpResponse, call: Call) => T | PromiseLike<T>;

/** One request of a caller: its attempts, one after the other, and the redirects that it follows. */
export class Call {
  readonly pool: Machinery;
  readonly timeouts: Readonly<Record<keyof HttpTimeouts, number>>;
  readonly scope: CancelScope;
  /** Where it has got to: the last redirect. */
  request: Prepared;
  /** How many attempts there were, redirects not counted. */
  attempts = 0;
  retries = 0;
  bytes = 0;
  /** The headers that the response is to, with what hooks have set. */
  sent!: Headers;
  /** Whether the response was given to somebody: then nothing is tried again. */
  delivered = false;
  readonly since: number = now();
  readonly #raises: boolean;
  readonly #urls: string[];
  #gaveUp: HttpFailure["gaveUp"] = undefined;
  #closed: ClosedError | undefined = undefined;

  constructor(pool: Machinery, request: Prepared, raises: boolean) {
    const { init, signal, url } = request;
    this.pool = pool;
    this.request = request;
    this.timeouts = timeoutsOf(init.timeouts, pool.timeouts);
    this.scope = new CancelScope({ name: url, timeoutMs: this.timeouts.totalMs, signal });
    this.#raises = init.raiseForStatus ?? pool.raises ?? raises;
    this.#urls = [url];
  }

  /** Makes the request, and calls `consume` with the response that it comes to. */
  async run<T>(consume: Consume<T>, outcome: Outcome | undefined): Promise<T> {
    const { pool, scope } = this;
    pool.begin(this);
    let failure: { readonly error: unknown } | undefined;
    try {
      return await scope.run(() => this.#go(consume));
    } catch (error) {
      failure = { error: this.explain(error) };
      throw failure.error;
    } finally {
      pool.end(this, failure);
      const { attempts, retries, bytes } = this;
      if (outcome !== undefined) Object.assign(outcome, { attempts, retries, bytes });
    }
  }

  /** The pool is closed, and this has had its time. */
  terminate(): void {
    this.#closed = new ClosedError("Cannot make a request: the pool was closed");
    this.scope.cancel(this.#closed);
  }

  tell(event: HttpEvent): void {
    this.pool.tell(event);
  }

  async #go<T>(consume: Consume<T>): Promise<T> {
    this.pool.retry.budget?.deposit();
    for (;;) {
      this.attempts++;
      const dispatch = new Dispatch(this);
      let exchange: Exchange | undefined;
      let failure: HttpFailure;
      try {
        exchange = await this.#hops(dispatch);
        const asked = this.#heed(exchange);
        const { status } = exchange.response;
        const unwanted = this.pool.retry.isTransient(status)
          ? await this.#judge(statusOf(exchange), asked)
          : undefined;
        if (typeof unwanted === "number") {
          await exchange.discard();
          await sleep(unwanted, at(this.scope));
          continue;
        }
        return await this.#give(exchange, consume);
      } catch (error) {
        await exchange?.abort(error);
        // A failure that `consume` met elsewhere is none of this request's.
        const isForeign =
          exchange === undefined
            ? dispatch.isForeign(error)
            : error !== exchange.body.failure?.error;
        if (this.scope.cancelled || this.delivered || isForeign || !mayPass(error)) throw error;
        failure = error;
      }
      const delayMs = await this.#judge(failure, 0);
      if (delayMs === undefined) throw failure;
      // Without a place: others have it meanwhile.
      await sleep(delayMs, at(this.scope));
    }
  }

  /** The attempt, and what its redirects lead to. */
  async #hops(dispatch: Dispatch): Promise<Exchange> {
    const { maxRedirects } = this.pool;
    for (;;) {
      const exchange = await dispatch.open();
      const { response, request } = exchange;
      const to = request.redirect === "manual" ? undefined : locationOf(response);
      if (to === undefined) return exchange;
      try {
        this.request = follow(request, response.status, to, this.#urls, maxRedirects);
      } finally {
        await exchange.discard();
      }
      this.#urls.push(this.request.url);
      this.tell({
        kind: "redirect",
        url: request.url,
        method: request.method,
        to: this.request.url,
      });
    }
  }

  /** What the server says about when to come again counts for all. */
  #heed({ response, request }: Exchange): number {
    const { status } = response;
    if (status !== 429 && status !== 503) return 0;
    const asked = retryAfterMs({ status, headers: response.headers as never });
    this.pool.origins.pause(request.origin, Math.min(asked, this.pool.retry.maxRetryAfterMs));
    return asked;
  }

  /** After how many milliseconds there is another attempt, if there is one. Says in the failure why not. */
  async #judge(failure: HttpFailure, askedMs: number): Promise<number | undefined> {
    const { pool, scope, request, attempts } = this;
    const verdict = await pool.retry.judge(
      request,
      failure,
      attempts,
      Math.max(askedMs, pool.origins.pausedMs(request.origin)),
      scope.effectiveDeadline,
    );
    failure.attempts = attempts;
    if ("gaveUp" in verdict) {
      failure.gaveUp = verdict.gaveUp;
      this.#gaveUp = verdict.gaveUp;
      return undefined;
    }
    const { url, method } = request;
    const { delayMs } = verdict;
    this.tell({ kind: "retry", url, method, attempt: attempts, delayMs, error: failure });
    this.retries++;
    return delayMs;
  }

  async #give<T>(exchange: Exchange, consume: Consume<T>): Promise<T> {
    const taken = await this.#hand(exchange, consume);
    const value = await taken.value;
    const { failure, over } = exchange.body;
    if (!over) await exchange.discard();
    else await exchange.ended;
    // Whoever has it was told by its body; it counts as failed all the same.
    if (this.delivered && failure !== undefined && !(failure.error instanceof ClosedError)) {
      throw failure.error;
    }
    return value;
  }

  // Apart from the wait for what is made of it: a response that nobody has must not be held here.
  async #hand<T>(
    exchange: Exchange,
    consume: Consume<T>,
  ): Promise<{ readonly value: T | PromiseLike<T> }> {
    const { request, body, length } = exchange;
    const { status, statusText = "", headers } = exchange.response;
    const { attempts, scope: within } = this;
    this.sent = exchange.sent;
    const { url } = request;
    const redirected = this.#urls.length > 1;
    const head = { url, status, statusText, headers, redirected, attempts, fromCache: false };
    const discard = (): Promise<void> => exchange.discard();
    const response = new HttpResponse(head, { body, length, discard, within });
    await this.pool.afterResponse?.(response, exchange.outgoing!);
    if (this.#raises && isFailing(status, request)) {
      const failure = await readStatus(exchange);
      failure.attempts = attempts;
      failure.gaveUp = this.#gaveUp;
      throw failure;
    }
    return { value: consume(response, this) };
  }

  /** What the caller is told of an error: whose limit or whose cancellation it was. */
  explain(error: unknown): unknown {
    const { scope, request, timeouts } = this;
    const cancelled = isCancellation(error, scope);
    if (cancelled && this.#closed !== undefined) return this.#closed;
    const reason = cancelled ? scope.reason : error;
    // The limit of an outer timeout is none of the request's.
    if (reason instanceof TimeoutError && reason.deadline === scope.deadline) {
      if (!scope.expired) return new HttpTooLateError(request, error);
      const failure = new HttpTimeoutError(request, "total", timeouts.totalMs, scope.deadline);
      failure.attempts = this.attempts;
      return failure;
    }
    const { signal } = request;
    return cancelled && signal?.aborted === true ? signal.reason : error;
  }
}
