import { isCancellation, now } from "corral";
import {
  HttpError,
  httpPool,
  type HttpResponse,
  HttpStatusError,
  HttpTimeoutError,
} from "corral/http";
import type { Content, FetchLimits } from "./page.ts";

/** What became of a page. */
export interface Outcome extends Content {
  readonly url: string;
  /** The last attempt's, or 0 if it had no answer. */
  readonly status: number;
  /** From the start of the first attempt to the end of the last. */
  readonly ms: number;
  readonly attempts: number;
  /** Set if the page did not arrive. */
  readonly error?: string;
}

/** Fetches one page; rejects only if it is cancelled. */
export type Fetcher = (url: string) => Promise<Outcome>;

/**
 * Makes a function that fetches pages, with retries, within a total limit and one an origin.
 *
 * Pages are served in the order in which they were asked for, each origin in a line of its own. While a page
 * pauses before its next attempt, its place is another's; an origin that asks to wait is left alone by all.
 */
export function createFetcher(
  limits: FetchLimits,
  read: (response: HttpResponse) => Promise<Content>,
): Fetcher {
  const startedAt = new Map<string, number>();
  const http = httpPool({
    total: limits.concurrency,
    perOrigin: limits.perOrigin,
    timeouts: { attemptMs: limits.timeoutMs, totalMs: Infinity },
    retry: { attempts: limits.attempts, maxRetryAfterMs: 30_000 },
    beforeRequest: ({ url, attempt }) => {
      // Its time in line is none of its own.
      if (attempt === 1) startedAt.set(url, now());
    },
  });
  const since = (url: string): number => {
    const ms = Math.round(now() - (startedAt.get(url) ?? now()));
    startedAt.delete(url);
    return ms;
  };

  return async (url) => {
    try {
      return await http.read(url, async (response) => {
        const content = await read(response);
        const { status, attempts } = response;
        return { url, status, ...content, ms: since(url), attempts };
      });
    } catch (error) {
      if (isCancellation(error)) throw error;
      const status = error instanceof HttpStatusError ? error.status : 0;
      const isOurs = error instanceof HttpError || error instanceof HttpTimeoutError;
      const attempts = isOurs ? error.attempts : 1;
      const message = error instanceof Error ? error.message : String(error);
      return { url, status, bytes: 0, ms: since(url), attempts, error: message };
    }
  };
}
