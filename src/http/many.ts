import type { CancelScope } from "../index.ts";
import { checkCount, checkFlag, checkFunction, checkMs, checkObject, wrong } from "./arguments.ts";
import type { HttpInit, HttpInput } from "./request.ts";
import type { HttpResponse } from "./response.ts";

/** One of many requests: what to ask for, alone or with how. */
export type HttpItem = HttpInput | (HttpInit & { readonly url: string | URL });

/** What is known of the item that a response belongs to. */
export interface ItemContext<I> {
  readonly index: number;
  readonly input: I;
  /** Cancelled when the result is not wanted any more. */
  readonly scope: CancelScope;
}

/** Reads a response, while its request has its place. */
export type Parse<T, I> = (response: HttpResponse, context: ItemContext<I>) => T | PromiseLike<T>;

interface ItemResult<I> {
  readonly index: number;
  readonly input: I;
  /** How many there were; 0 if it came out of the cache, or of another's request. */
  readonly attempts: number;
  /** From when it was taken up on, the wait for a place included. */
  readonly ms: number;
}

/** One of many requests that has a result. */
export interface HttpItemValue<T, I = HttpItem> extends ItemResult<I> {
  readonly ok: true;
  readonly value: T;
  readonly error?: undefined;
}

/** One of many requests that has failed. */
export interface HttpItemError<I = HttpItem> extends ItemResult<I> {
  readonly ok: false;
  readonly error: unknown;
  readonly value?: undefined;
}

/** What became of one of many requests. */
export type HttpResult<T, I = HttpItem> = HttpItemValue<T, I> | HttpItemError<I>;

/** How many requests have come how far. */
export interface GatherStats {
  readonly ok: number;
  readonly failed: number;
  /** How many further attempts there were. */
  readonly retried: number;
  readonly bytes: number;
  /** Half of the requests took no longer, in milliseconds; within 2 %. */
  readonly p50: number;
  readonly p95: number;
  /** Whether the time was over before all was done. */
  readonly timedOut: boolean;
}

export interface ManyOptions<T, I> {
  /** What is made of each response; by default the response itself, with its body in memory. */
  parse?: Parse<T, I> | undefined;
  /**
   * How many items are taken up at once, those included that wait for a place or for their next attempt. By
   * default twice as many as the pool has places, so that one busy origin keeps no other from work.
   */
  concurrency?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called after each item with the figures so far. What it throws is reported. */
  onProgress?: ((stats: GatherStats) => unknown) | undefined;
  raiseForStatus?: boolean | undefined;
}

export interface StreamManyOptions<T, I> extends ManyOptions<T, I> {
  /** In the order of the items; by default as they come. */
  ordered?: boolean | undefined;
  /** How many results may be ready that the reader has not taken, beyond `concurrency`; 0 by default. */
  highWaterMark?: number | undefined;
}

export interface GatherManyOptions<T, I> extends ManyOptions<T, I> {
  /** In the order of the items, which is the default, or as they come. */
  ordered?: boolean | undefined;
  /**
   * What the first failure does: `"cancel"`, the default, cancels the others and is thrown; with
   * `"collect"` all go on, and what has failed is in `errors`.
   */
  onError?: "cancel" | "collect" | undefined;
  /**
   * How long it may take, in milliseconds. With `"collect"` there is what was ready by then, and what was
   * under way is in `errors`.
   */
  timeoutMs?: number | undefined;
}

/** What came of a `gather`. */
export interface HttpGathered<T, I = HttpItem> {
  /** In order of the items, with `undefined` in the place of what has failed; unordered, without gaps. */
  readonly results: T[];
  readonly errors: readonly HttpItemError<I>[];
  readonly stats: GatherStats;
}

export const GATHER = "gather requests";
export const STREAM = "stream requests";

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function checkMany(
  action: string,
  options: (StreamManyOptions<never, never> & GatherManyOptions<never, never>) | undefined,
): void {
  if (options !== undefined && "aborted" in Object(options)) {
    throw new TypeError(wrong(action, "options", "an object", options));
  }
  checkObject(action, "options", options);
  checkFunction(action, "parse", options?.parse);
  checkCount(action, "concurrency", options?.concurrency);
  checkFlag(action, "ordered", options?.ordered);
  checkFlag(action, "raiseForStatus", options?.raiseForStatus);
  checkCount(action, "highWaterMark", options?.highWaterMark, 0);
  checkFunction(action, "onProgress", options?.onProgress);
  checkMs(action, "timeoutMs", options?.timeoutMs);
  const { onError } = options ?? {};
  if (onError !== undefined && onError !== "cancel" && onError !== "collect") {
    throw new TypeError(wrong(action, "onError", '"cancel" or "collect"', onError));
  }
}
