import { type CancelScope, type CircuitBreaker, hedge, now } from "../index.ts";
import { at } from "./at.ts";
import type { Call } from "./call.ts";
import type { HttpStatusError } from "./errors.ts";
import { statusOf } from "./failing-status.ts";
import { Exchange } from "./exchange.ts";
import type { OutgoingRequest } from "./options.ts";
import type { Free } from "./origins.ts";
import { callback } from "./report.ts";

/** Sends what a call asks for: once, or a second time beside the first when that is slow. */
export class Dispatch {
  readonly #call: Call;
  /** What was sent last. */
  outgoing: OutgoingRequest | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Waits for a place and sends the request. Resolves when the headers are there. */
  async open(): Promise<Exchange> {
    const call = this.#call;
    const { pool, request, scope } = call;
    const { url, method, origin } = request;
    call.tell({ kind: "queued", url, method });
    const queuedAt = now();
    const free = await pool.origins.acquire(origin, at(scope));
    const settings = request.init.hedge === false ? undefined : pool.hedge;
    if (settings === undefined || !request.replayable || !pool.retry.isSafe(request)) {
      return this.#guard(free, scope, now() - queuedAt);
    }
    // The time counts from here, with a place: a second request must not be sent for the length of the line.
    return hedge(
      async (own, number) => {
        if (number === 1) return this.#guard(free, own, now() - queuedAt);
        const from = now();
        const another = await pool.origins.acquire(origin, at(own));
        pool.hedged++;
        return this.#guard(another, own, now() - from);
      },
      {
        ...settings,
        ...at(scope),
        onLoser: (result) =>
          result.status === "fulfilled" ? result.value.abort("another was faster") : undefined,
      },
    );
  }

  /** Through the circuit breaker of the origin, if there is one. */
  #guard(free: Free, scope: CancelScope, waitedMs: number): Promise<Exchange> {
    const { pool, request } = this.#call;
    const { breaker } = pool.breaks ? pool.origins.of(request.origin) : { breaker: undefined };
    if (breaker === undefined) return this.#send(free, scope, waitedMs);
    return this.#through(breaker, free, scope, waitedMs);
  }

  async #through(
    breaker: CircuitBreaker,
    free: Free,
    scope: CancelScope,
    waitedMs: number,
  ): Promise<Exchange> {
    let begun = false;
    let bad: { readonly exchange: Exchange; readonly error: HttpStatusError } | undefined;
    try {
      return await breaker.run(async (own) => {
        begun = true;
        const exchange = await this.#send(free, own, waitedMs);
        if (exchange.response.status < 500) return exchange;
        bad = { exchange, error: statusOf(exchange) };
        throw bad.error;
      }, at(scope));
    } catch (error) {
      if (!begun) await free();
      // The breaker has counted it. It is a response all the same.
      if (bad !== undefined && error === bad.error) return bad.exchange;
      throw error;
    }
  }

  async #send(free: Free, scope: CancelScope, waitedMs: number): Promise<Exchange> {
    const call = this.#call;
    const { pool, request, timeouts, attempts: attempt } = call;
    const { url, method } = request;
    let exchange: Exchange | undefined;
    try {
      let { headers } = request;
      if (pool.beforeRequest !== undefined || pool.afterResponse !== undefined) {
        headers = new Headers(headers);
        this.outgoing = { url, method, headers, attempt, signal: scope.signal };
        await pool.beforeRequest?.(this.outgoing);
      }
      const body = request.body === undefined ? undefined : await request.body();
      exchange = new Exchange(request, {
        engine: pool.engine,
        timeouts,
        free,
        ...at(scope),
        onBytes: (bytes, it) => this.#count(bytes, it),
        explain: (error) => call.explain(error),
      });
      call.tell({ kind: "start", url, method, attempt, waitedMs });
      const sentAt = now();
      await exchange.open(body, headers);
      const { status } = exchange.response;
      call.tell({ kind: "headers", url, method, attempt, status, ms: now() - sentAt });
      return exchange;
    } finally {
      // From then on it gives its place back itself.
      if (exchange === undefined) await free();
    }
  }

  #count(bytes: number, { body, length: total }: Exchange): void {
    const { init } = this.#call.request;
    this.#call.bytes += bytes;
    if (init.onProgress === undefined) return;
    callback("onProgress", init.onProgress, Object.freeze({ loaded: body.bytes, total }));
  }
}
