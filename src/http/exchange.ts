import { cancellable, CancelScope, now, TimeoutError } from "../index.ts";
import { at } from "./at.ts";
import { Body, type BodyOwner } from "./body.ts";
import {
  type EngineRequest,
  type EngineResponse,
  headerOf,
  type HttpEngine,
  send,
  sourceOf,
} from "./engine.ts";
import { HttpNetworkError, HttpTimeoutError, type HttpTimeoutPhase } from "./errors.ts";
import { later } from "./later.ts";
import type { OutgoingRequest } from "./options.ts";
import type { Free } from "./origins.ts";
import { unread } from "./report.ts";
import type { Prepared } from "./request.ts";
import type { HttpTimeouts } from "./timeouts.ts";

/** Bodies up to so many bytes are read to their end when nobody wants them: the connection is kept. */
const DRAIN_BYTES = 64 * 1024;
/** And no longer than so many milliseconds. */
const DRAIN_MS = 1_000;

export interface ExchangeOptions {
  readonly engine: HttpEngine;
  readonly timeouts: Readonly<Record<keyof HttpTimeouts, number>>;
  /** Gives the place back. */
  readonly free: Free;
  /** What hooks were shown of it. */
  readonly outgoing: OutgoingRequest | undefined;
  /** The signal of the scope around, where scopes are not ambient. */
  readonly signal?: AbortSignal;
  readonly onBytes: (bytes: number, exchange: Exchange) => void;
  /** What a cancellation from around means. */
  readonly explain: (error: unknown) => unknown;
}

/**
 * One request on its way, from when it has a place until its body has ended, however that is. It runs in a
 * scope of its own, which outlives the call that opened it: that call ends with the headers.
 */
export class Exchange implements BodyOwner {
  readonly request: Prepared;
  /** Resolves when its place has been given back. */
  readonly ended: Promise<void>;
  /** Set once the headers are there. */
  response!: EngineResponse;
  body!: Body;
  /** The headers that it was sent with. */
  sent!: Headers;
  readonly #scope: CancelScope;
  readonly #options: ExchangeOptions;
  /** Which limit the deadline of the scope stands for, and how long that is. */
  #phase: HttpTimeoutPhase = "headers";
  #limitMs: number;
  #attemptUntil: number;
  #end!: () => void;
  #isOver = false;

  constructor(request: Prepared, options: ExchangeOptions) {
    this.request = request;
    this.#options = options;
    const { attemptMs, headersMs } = options.timeouts;
    this.#attemptUntil = now() + attemptMs;
    this.#limitMs = Math.min(attemptMs, headersMs);
    if (attemptMs < headersMs) this.#phase = "attempt";
    this.#scope = new CancelScope({
      name: `${request.method} ${request.url}`,
      timeoutMs: this.#limitMs,
      signal: options.signal,
    });
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get outgoing(): OutgoingRequest | undefined {
    return this.#options.outgoing;
  }

  get cancelled(): boolean {
    return this.#scope.cancelled;
  }

  /** How many bytes the body will have, if that is known. */
  get length(): number | undefined {
    const { headers } = this.response;
    const length = headerOf(headers, "content-length");
    if (length === undefined || !/^\d+$/.test(length)) return undefined;
    return headerOf(headers, "content-encoding") === undefined ? Number(length) : undefined;
  }

  /** Sends it. Resolves when the headers are there. */
  open(body: EngineRequest["body"], headers: Headers): Promise<this> {
    this.sent = headers;
    return new Promise((resolve, reject) => {
      const opened = (): void => resolve(this);
      const run = this.#scope.run((scope) => this.#run(scope, body, headers, opened));
      run.then(
        () => this.over(),
        (error: unknown) => {
          const failure = this.#explain(error);
          // Who reads the body is told by that; before there is one, who waits for the headers.
          this.body?.fail(failure);
          this.over();
          void this.ended.then(() => reject(failure));
        },
      );
    });
  }

  async #run(
    scope: CancelScope,
    body: EngineRequest["body"],
    headers: Headers,
    opened: () => void,
  ): Promise<void> {
    const { method, url } = this.request;
    const isStream = typeof body === "object" && body !== null && Symbol.asyncIterator in body;
    try {
      this.response = await send(this.#options.engine, url, {
        method,
        headers,
        body,
        signal: scope.signal,
        redirect: "manual",
        ...(isStream ? { duplex: "half" } : {}),
      });
    } catch (error) {
      // What an engine says that is told to stop is not what it was stopped for.
      scope.throwIfCancelled();
      throw new HttpNetworkError(this.request, "headers", error);
    }
    // Where there is nothing to read, nobody may do so.
    const { status, headers: answered } = this.response;
    const isEmpty =
      method === "HEAD" ||
      status === 204 ||
      status === 304 ||
      headerOf(answered, "content-length") === "0";
    this.body = new Body(isEmpty ? undefined : sourceOf(this.response.body), this);
    this.#wait();
    opened();
    if (!this.body.over) await cancellable(this.body.ended, at(scope));
  }

  over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    later(() => void this.#options.free().then(this.#end));
  }

  read(bytes: number): void {
    this.#wait();
    this.#options.onBytes(bytes, this);
  }

  /** The next chunk may take so long. */
  #wait(): void {
    const { attemptMs, bodyIdleMs } = this.#options.timeouts;
    const idleUntil = now() + bodyIdleMs;
    const isIdle = idleUntil < this.#attemptUntil;
    this.#phase = isIdle ? "bodyIdle" : "attempt";
    this.#limitMs = isIdle ? bodyIdleMs : attemptMs;
    this.#scope.deadline = isIdle ? idleUntil : this.#attemptUntil;
  }

  #explain(error: unknown): unknown {
    const scope = this.#scope;
    if (!(error instanceof TimeoutError) || !scope.expired) return this.#options.explain(error);
    const { request } = this;
    if (this.#phase === "bodyIdle" && this.body.isUnread) {
      unread(request.url, `nobody has read for ${this.#limitMs} ms`);
    }
    return new HttpTimeoutError(request, this.#phase, this.#limitMs, scope.deadline);
  }

  /** Cuts it off. */
  async abort(reason: unknown): Promise<void> {
    await this.body.cancel(reason);
    await this.ended;
  }

  /**
   * Nobody wants what is left of the body: reads it when that is little, so that the connection can be used
   * again, and else closes that.
   */
  async discard(): Promise<void> {
    const { body } = this;
    if (!body.over && (this.length ?? 0) - body.bytes <= DRAIN_BYTES && !this.cancelled) {
      const until = now() + DRAIN_MS;
      this.#attemptUntil = Math.min(this.#attemptUntil, until);
      this.#wait();
      try {
        const most = body.bytes + DRAIN_BYTES;
        while ((await body.read()) !== undefined && body.bytes <= most);
      } catch {
        // It was not wanted.
      }
    }
    await this.abort("the body is not wanted");
  }
}
