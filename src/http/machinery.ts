import {
  AsyncEvent,
  CircuitBreaker,
  ClosedError,
  moveOnAfter,
  now,
  RateLimiter,
  shield,
} from "../index.ts";
import {
  checkCount,
  checkFlag,
  checkFunction,
  checkMs,
  checkObject,
  CREATE,
  REQUEST,
  wrong,
} from "./arguments.ts";
import type { Call } from "./call.ts";
import { fetchEngine, type HttpEngine } from "./engine.ts";
import type { HttpEvent } from "./events.ts";
import type { HttpPoolOptions } from "./options.ts";
import { Origins } from "./origins.ts";
import { callback } from "./report.ts";
import { RetryPolicy } from "./retries.ts";
import { checkTimeouts, type HttpTimeouts, timeoutsOf, usualTimeouts } from "./timeouts.ts";

/** How long the end of requests that were cut off may take. */
const CLOSE_MS = 5_000;

/** What the calls of a pool share: its options, its places, its figures. */
export class Machinery {
  readonly engine: HttpEngine;
  readonly timeouts: Readonly<Record<keyof HttpTimeouts, number>>;
  readonly retry: RetryPolicy;
  readonly origins: Origins;
  readonly hedge: HttpPoolOptions["hedge"];
  /** Whether headers are seen by somebody who may change them. */
  readonly copiesHeaders: boolean;
  readonly breaks: boolean;
  readonly raises: boolean | undefined;
  readonly maxRedirects: number;
  readonly total: number;
  readonly beforeRequest: HttpPoolOptions["beforeRequest"];
  readonly afterResponse: HttpPoolOptions["afterResponse"];
  // Figures since it was made.
  requests = 0;
  ok = 0;
  failed = 0;
  attempts = 0;
  retries = 0;
  hedged = 0;
  bytes = 0;
  readonly #onEvent: HttpPoolOptions["onEvent"];
  readonly #calls = new Set<Call>();
  readonly #idle = new AsyncEvent();
  #onClose: HttpPoolOptions["onClose"];
  #closing = false;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: HttpPoolOptions) {
    const { total = 100, perOrigin = 10, rate, hedge, breaker, maxRedirects = 20 } = options;
    checkCount(CREATE, "total", total);
    if (typeof perOrigin !== "function") checkCount(CREATE, "perOrigin", perOrigin);
    if (typeof rate !== "function") checkObject(CREATE, "rate", rate);
    checkTimeouts(CREATE, options.timeouts);
    checkObject(CREATE, "hedge", hedge);
    if (hedge !== undefined) {
      if (hedge.delayMs === undefined) {
        throw new TypeError(wrong(CREATE, "hedge.delayMs", "a number of milliseconds", undefined));
      }
      checkMs(CREATE, "hedge.delayMs", hedge.delayMs);
      checkCount(CREATE, "hedge.max", hedge.max);
    }
    checkObject(CREATE, "breaker", breaker);
    checkFlag(CREATE, "raiseForStatus", options.raiseForStatus);
    checkCount(CREATE, "maxRedirects", maxRedirects, 0);
    for (const name of ["fetch", "beforeRequest", "afterResponse", "onEvent", "onClose"] as const) {
      checkFunction(CREATE, name, options[name]);
    }
    this.engine = options.fetch ?? fetchEngine;
    this.copiesHeaders = [options.fetch, options.beforeRequest, options.afterResponse].some(
      (theirs) => theirs !== undefined,
    );
    this.timeouts = timeoutsOf(options.timeouts, usualTimeouts);
    this.retry = new RetryPolicy(options.retry);
    if (breaker !== undefined) void new CircuitBreaker(breaker);
    if (typeof rate === "object") void new RateLimiter(rate);
    this.origins = new Origins({
      total,
      perOrigin,
      rate: rate === undefined || typeof rate === "function" ? rate : () => rate,
      breaker,
      name: options.name,
    });
    this.hedge = hedge;
    this.breaks = breaker !== undefined;
    this.raises = options.raiseForStatus;
    this.maxRedirects = maxRedirects;
    this.total = total;
    this.beforeRequest = options.beforeRequest;
    this.afterResponse = options.afterResponse;
    this.#onEvent = options.onEvent;
    this.#onClose = options.onClose;
    this.#idle.set();
  }

  /** How many calls are under way, waits for a place included. */
  get calls(): number {
    return this.#calls.size;
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** @throws {ClosedError} If it is closed. */
  check(): void {
    if (this.#closing) throw new ClosedError(`Cannot ${REQUEST}: the pool is closed`);
  }

  begin(call: Call): void {
    this.check();
    this.requests++;
    if (this.#calls.size === 0) this.#idle.clear();
    this.#calls.add(call);
  }

  end(call: Call, failure: { readonly error: unknown } | undefined): void {
    if (!this.#calls.delete(call)) return;
    if (failure === undefined) this.ok++;
    else this.failed++;
    this.attempts += call.attempts;
    this.retries += call.retries;
    this.bytes += call.bytes;
    if (this.#onEvent !== undefined) {
      const { bytes, attempts, since } = call;
      const { url, method } = call.request;
      const ms = now() - since;
      this.tell({ kind: "end", url, method, attempts, bytes, ms, ...failure });
    }
    if (this.#calls.size === 0) this.#idle.set();
  }

  tell(event: HttpEvent): void {
    if (this.#onEvent !== undefined) callback("onEvent", this.#onEvent, Object.freeze(event));
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    try {
      if (graceMs > 0)
        await moveOnAfter(graceMs, (scope) => this.#idle.wait({ signal: scope.signal }));
    } finally {
      for (const call of this.#calls) call.terminate();
      await shield(
        async ({ signal }) => {
          try {
            await this.#idle.wait({ signal });
          } finally {
            // Also where a function of the user does not end.
            const onClose = this.#onClose;
            this.#onClose = undefined;
            await onClose?.();
          }
        },
        { timeoutMs: CLOSE_MS },
      );
    }
  }
}
