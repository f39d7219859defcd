import { isCancellation, limit, now, sleep, timeout } from "corral";
import { describeFailure, isTransient, retryDelayMs, StatusError } from "./page.ts";
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
 * Pages are served in the order in which they were asked for, each origin in a line of its own. A
 * page keeps its place while it pauses before its next attempt: an origin in trouble is to get fewer
 * requests, not more.
 */
export function createFetcher(
  limits: FetchLimits,
  read: (response: Response) => Promise<Content>,
): Fetcher {
  const total = limit(limits.concurrency);
  const byOrigin = new Map<string, typeof total>();

  const fetchPage = async (url: string): Promise<Outcome> => {
    const startedAt = now();
    for (let attempts = 1; ; attempts++) {
      let status = 0;
      let content: Content = { bytes: 0 };
      let failure: unknown;
      try {
        await timeout(limits.timeoutMs, async (scope) => {
          const response = await fetch(url, { signal: scope.signal });
          status = response.status;
          content = await read(response);
          if (!response.ok) throw new StatusError(response);
        });
      } catch (error) {
        if (isCancellation(error)) throw error;
        failure = error;
      }
      if (attempts < limits.attempts && isTransient(failure)) {
        await sleep(retryDelayMs(failure, attempts));
        continue;
      }
      const ms = Math.round(now() - startedAt);
      const outcome = { url, status, ...content, ms, attempts };
      return failure === undefined ? outcome : { ...outcome, error: describeFailure(failure) };
    }
  };

  return (url) => {
    const { origin } = new URL(url);
    let ofOrigin = byOrigin.get(origin);
    if (!ofOrigin) byOrigin.set(origin, (ofOrigin = limit(limits.perOrigin)));
    // In this order: a page that waits for a busy origin takes no place in the total.
    return ofOrigin(() => total(() => fetchPage(url)));
  };
}
