import { type CancelScope, type CircuitBreaker, hedge, now } from "../index.ts";
import { at } from "./at.ts";
import type { Call } from "./call.ts";
import type { EngineRequest } from "./engine.ts";
import type { HttpStatusError } from "./errors.ts";
import { statusOf } from "./failing-status.ts";
import { Exchange } from "./exchange.ts";
import type { OutgoingRequest } from "./options.ts";
import type { Free } from "./origins.ts";
import { callback } from "./report.ts";

/** What one attempt sends, beside what its request says. */
interface Made {
  /** What hooks were shown. */
  readonly outgoing: OutgoingRequest | undefined;
  readonly headers: Headers;
  readonly body: EngineRequest["body"];
}

/** Sends what a call asks for: once, or a second time beside the first when that is slow. */
export class Dispatch {
  readonly #call: Call;
  /** What hooks and bodies of the user have failed with: nothing that the origin has done. */
  readonly #foreign = new Set<unknown>();

  constructor(call: Call) {
    this.#call = call;
  }

  /** Whether it is what a hook has thrown, or a function that makes a body. */
  isForeign(error: unknown): boolean {
    return this.#foreign.has(error);
  }

  /** Waits for a place and sends the request. Resolves when the headers are there. */
  async open(): Promise<Exchange> {
    const call = this.#call;
    const { pool, request, scope } = call;
    const { url, method, origin } = request;
    call.tell({ kind: "queued", url, method });
    const queuedAt = now();
    const breaker = this.#breaker;
    // An open one refuses. There is no need to wait for a place to hear that.
    if (breaker?.state === "open") await breaker.run(() => {}, at(scope));
    const free = await pool.origins.acquire(origin, at(scope));
    const settings = pool.hedge;
    if (settings === undefined || !pool.retry.mayHedge(request)) {
      return this.#guard(free, scope, now() - queuedAt);
    }
    let begun = false;
    // The time counts from here, with a place: a second request must not be sent for the length of the line.
    const first = hedge(
      async (own, number) => {
        begun = true;
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
    try {
      return await first;
    } finally {
      // It was cancelled before it could begin.
      if (!begun) await free();
    }
  }

  get #breaker(): CircuitBreaker | undefined {
    const { pool, request } = this.#call;
    return pool.breaks ? pool.origins.of(request.origin).breaker : undefined;
  }

  /** Through the circuit breaker of the origin, if there is one. */
  async #guard(free: Free, scope: CancelScope, waitedMs: number): Promise<Exchange> {
    let made: Made;
    try {
      made = await this.#make(scope);
    } catch (error) {
      this.#foreign.add(error);
      await free();
      throw error;
    }
    const breaker = this.#breaker;
    if (breaker === undefined) return this.#send(made, free, scope, waitedMs);
    return this.#through(breaker, made, free, scope, waitedMs);
  }

  /** What the user's own functions say is to be sent. */
  async #make(scope: CancelScope): Promise<Made> {
    const { pool, request, attempts: attempt } = this.#call;
    const { url, method } = request;
    let { headers } = request;
    // An engine of the user, as a hook, may set headers: of this attempt alone.
    if (pool.copiesHeaders) headers = new Headers(headers);
    let outgoing: OutgoingRequest | undefined;
    if (pool.beforeRequest !== undefined || pool.afterResponse !== undefined) {
      outgoing = { url, method, headers, attempt, signal: scope.signal };
      await pool.beforeRequest?.(outgoing);
    }
    const body = request.body === undefined ? undefined : await request.body();
    return { outgoing, headers, body };
  }

  async #through(
    breaker: CircuitBreaker,
    made: Made,
    free: Free,
    scope: CancelScope,
    waitedMs: number,
  ): Promise<Exchange> {
    let begun = false;
    let bad: { readonly exchange: Exchange; readonly error: HttpStatusError } | undefined;
    try {
      return await breaker.run(async (own) => {
        begun = true;
        const exchange = await this.#send(made, free, own, waitedMs);
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

  async #send(
    { outgoing, headers, body }: Made,
    free: Free,
    scope: CancelScope,
    waitedMs: number,
  ): Promise<Exchange> {
    const call = this.#call;
    const { pool, request, timeouts, attempts: attempt } = call;
    const { url, method } = request;
    let exchange: Exchange | undefined;
    try {
      exchange = new Exchange(request, {
        engine: pool.engine,
        timeouts,
        free,
        outgoing,
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
