import {
  CancelScope,
  forEach,
  isCancellation,
  type MappedStream,
  mapStream,
  now,
  type StreamSource,
  TimeoutError,
} from "../index.ts";
import { at } from "./at.ts";
import {
  checkMany,
  GATHER,
  type GatherManyOptions,
  type HttpGathered,
  type HttpItem,
  type HttpItemError,
  type HttpResult,
  type ManyOptions,
  type Parse,
  STREAM,
  type StreamManyOptions,
} from "./many.ts";
import { callback } from "./report.ts";
import type { HttpInit, HttpInput, Prepared } from "./request.ts";
import type { HttpResponse } from "./response.ts";
import type { Outcome } from "./outcome.ts";
import type { Requester } from "./requester.ts";
import { Tally } from "./tally.ts";

/** Makes a request of what a caller has given. */
export type Prepare = (input: HttpInput, init: HttpInit | undefined) => Prepared;

/** Makes many requests of one source. */
export class Gatherer {
  readonly #requester: Requester;
  readonly #prepare: Prepare;
  /** How many items are taken up at once, unless told. */
  readonly #concurrency: number;

  constructor(requester: Requester, prepare: Prepare, total: number) {
    this.#requester = requester;
    this.#prepare = prepare;
    this.#concurrency = total === Infinity ? 1_000 : total * 2;
  }

  stream<T, I extends HttpItem>(
    inputs: StreamSource<I>,
    options: StreamManyOptions<T, I> | undefined,
  ): MappedStream<HttpResult<T, I>> {
    checkMany(STREAM, options as StreamManyOptions<never, never> | undefined);
    const {
      concurrency = this.#concurrency,
      ordered = false,
      highWaterMark = 0,
      signal,
    } = options ?? {};
    const tally = new Tally();
    return mapStream(
      inputs,
      async (input, index, scope) => {
        const result = await this.#one(input, index, scope, options, tally);
        if (result === undefined) return scope.throwIfCancelled() as never;
        return result;
      },
      { concurrency, ordered, buffer: highWaterMark, signal },
    );
  }

  async gather<T, I extends HttpItem>(
    inputs: StreamSource<I>,
    options: GatherManyOptions<T, I> | undefined,
  ): Promise<HttpGathered<T, I>> {
    checkMany(GATHER, options as GatherManyOptions<never, never> | undefined);
    const { ordered = true, onError = "cancel", timeoutMs, signal } = options ?? {};
    const { concurrency = this.#concurrency } = options ?? {};
    const tally = new Tally();
    const results: T[] = [];
    const errors: HttpItemError<I>[] = [];
    const cut: Omit<HttpItemError<I>, "error">[] = [];
    const scope = new CancelScope({ name: "gather", timeoutMs, signal });
    const one = async (input: I, index: number, own: CancelScope): Promise<void> => {
      const since = now();
      const result = await this.#one(input, index, own, options, tally);
      if (result === undefined) {
        cut.push({ ok: false, index, input, attempts: 0, ms: now() - since });
        own.throwIfCancelled();
      } else if (!result.ok) {
        if (onError === "cancel") throw result.error;
        errors.push(result);
        if (ordered) results[index] = undefined as T;
      } else if (ordered) results[index] = result.value;
      else results.push(result.value);
    };
    try {
      await scope.run(() => forEach(inputs, one, { concurrency, ...at(scope) }));
    } catch (error) {
      const isOver = error instanceof TimeoutError && error.deadline === scope.deadline;
      if (!isOver || onError === "cancel") throw error;
      tally.timedOut = true;
      tally.failed += cut.length;
      for (const item of cut) {
        errors.push({ ...item, error });
        if (ordered) results[item.index] = undefined as T;
      }
    }
    if (ordered) errors.sort((a, b) => a.index - b.index);
    return { results, errors, stats: tally.stats() };
  }

  /** `undefined` if it was cut off with the whole. */
  async #one<T, I extends HttpItem>(
    input: I,
    index: number,
    scope: CancelScope,
    options: ManyOptions<T, I> | undefined,
    tally: Tally,
  ): Promise<HttpResult<T, I> | undefined> {
    const parse = options?.parse ?? (inMemory as unknown as Parse<T, I>);
    const since = now();
    const outcome: Outcome = { attempts: 0, retries: 0, bytes: 0 };
    let result: HttpResult<T, I>;
    const rest = (): Pick<HttpResult<T, I>, "index" | "input" | "attempts" | "ms"> => ({
      index,
      input,
      attempts: outcome.attempts,
      ms: now() - since,
    });
    try {
      const request = within(this.#item(input), scope, options?.raiseForStatus);
      const context = { index, input, scope };
      const consume = (response: HttpResponse): T | PromiseLike<T> => parse(response, context);
      const value = await this.#requester.send(request, true, consume, { outcome });
      result = { ok: true, value, ...rest() };
    } catch (error) {
      if (isCancellation(error, scope)) return undefined;
      result = { ok: false, error, ...rest() };
    }
    tally.add(result.ok, result.ms);
    tally.retried += outcome.retries;
    tally.bytes += outcome.bytes;
    if (options?.onProgress !== undefined)
      callback("onProgress", options.onProgress, tally.stats());
    return result;
  }

  #item(item: HttpItem): Prepared {
    const isPlain =
      typeof item === "object" && item !== null && !(item instanceof URL) && !("clone" in item);
    return isPlain ? this.#prepare(item.url, item) : this.#prepare(item, undefined);
  }
}

/** The request, cancelled with the scope also where that is not ambient, and as all are that say nothing else. */
function within(item: Prepared, scope: CancelScope, raiseForStatus?: boolean): Prepared {
  const { signal } = at(scope);
  const isOwn = raiseForStatus === undefined || item.init.raiseForStatus !== undefined;
  const request = isOwn ? item : { ...item, init: { ...item.init, raiseForStatus } };
  if (signal === undefined) return request;
  const both = request.signal === undefined ? signal : AbortSignal.any([signal, request.signal]);
  return { ...request, signal: both };
}

async function inMemory(response: HttpResponse): Promise<HttpResponse> {
  return response.with(await response.bytes());
}
