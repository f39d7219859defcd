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

/** What became of one attempt at a page. */
interface Attempt {
  readonly startedAt: number;
  readonly status: number;
  readonly content: Content;
  readonly failure?: unknown;
}

/**
 * Makes a function that fetches pages, with retries, within a total limit and one an origin.
 *
 * Pages are served in the order in which they were asked for, each origin in a line of its own. A
 * page that pauses before its next attempt holds no place.
 */
export function createFetcher(
  limits: FetchLimits,
  read: (response: Response) => Promise<Content>,
): Fetcher {
  const total = limit(limits.concurrency);
  const byOrigin = new Map<string, typeof total>();

  // The origin's line comes first: a page that waits for a busy origin takes no place in the total.
  const inLine = <T>(url: string, fn: (url: string) => Promise<T>): Promise<T> => {
    const { origin } = new URL(url);
    let ofOrigin = byOrigin.get(origin);
    if (!ofOrigin) byOrigin.set(origin, (ofOrigin = limit(limits.perOrigin)));
    return ofOrigin(() => total(() => fn(url)));
  };

  const attempt = async (url: string): Promise<Attempt> => {
    const startedAt = now();
    let status = 0;
    let content: Content = { bytes: 0 };
    try {
      await timeout(limits.timeoutMs, async (scope) => {
        const response = await fetch(url, { signal: scope.signal });
        status = response.status;
        content = await read(response);
        if (!response.ok) throw new StatusError(response);
      });
      return { startedAt, status, content };
    } catch (failure) {
      if (isCancellation(failure)) throw failure;
      return { startedAt, status, content, failure };
    }
  };

  return async (url) => {
    let startedAt: number | undefined;
    for (let attempts = 1; ; attempts++) {
      const { failure, status, content, ...last } = await inLine(url, attempt);
      startedAt ??= last.startedAt;
      if (attempts < limits.attempts && isTransient(failure)) {
        await sleep(retryDelayMs(failure, attempts));
        continue;
      }
      const ms = Math.round(now() - startedAt);
      const outcome = { url, status, ...content, ms, attempts };
      return failure === undefined ? outcome : { ...outcome, error: describeFailure(failure) };
    }
  };
}
