import { isCancellation, limit, now, timeout } from "corral";
import { describeFailure, StatusError, type Content, type FetchLimits } from "./page.ts";
import { retry } from "./retry.ts";

/** What became of a page. */
export interface Outcome extends Content {
  readonly url: string;
  /** The last answer's, or 0 if there was none. */
  readonly status: number;
  /** From the start of the first attempt, waiting in line left out. */
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
 * Pages are served in the order in which they were asked for, each origin in a line of its own.
 */
export function createFetcher(
  limits: FetchLimits,
  read: (response: Response) => Promise<Content>,
): Fetcher {
  const total = limit(limits.concurrency);
  const byOrigin = new Map<string, typeof total>();

  // The origin's line comes first: a page that waits for a busy origin takes no place in the total.
  const inLine = <T>(origin: string, fn: () => Promise<T>): Promise<T> => {
    let ofOrigin = byOrigin.get(origin);
    if (!ofOrigin) byOrigin.set(origin, (ofOrigin = limit(limits.perOrigin)));
    return ofOrigin(() => total(fn));
  };

  return async (url) => {
    const { origin } = new URL(url);
    let startedAt: number | undefined;
    let attempts = 0;
    let status = 0;
    let content: Content = { bytes: 0 };
    let failure: { error: string } | undefined;
    try {
      await retry(
        (attempt) =>
          inLine(origin, async () => {
            startedAt ??= now();
            attempts = attempt;
            await timeout(limits.timeoutMs, async (scope) => {
              const response = await fetch(url, { signal: scope.signal });
              status = response.status;
              content = await read(response);
              if (!response.ok) throw new StatusError(response);
            });
          }),
        limits.attempts,
      );
    } catch (error) {
      if (isCancellation(error)) throw error;
      failure = { error: describeFailure(error) };
    }
    const ms = Math.round(now() - (startedAt ?? now()));
    return { url, status, ...content, ms, attempts, ...failure };
  };
}
