import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "../report/tally.ts";
import type { Outcome } from "./fetcher.ts";
import { readHtml, type Content, type FetchLimits } from "./page.ts";
import { describeFailure, isTransient, retryDelayMs, StatusError } from "./plain-retry.ts";

/**
 * The crawl of `crawl.ts` by plain `fetch` and a worker loop written by hand, to compare with.
 *
 * It keeps the same limits, timeouts and retries. It cannot be interrupted.
 */
export async function plainCrawl(start: string, limits: FetchLimits, tally: Tally): Promise<void> {
  const deadline = performance.now() + limits.deadlineMs;
  const seen = new Set<string>();
  const found = new Map<string, string[]>();
  const active = new Map<string, number>();
  const idle: (() => void)[] = [];
  // Found and not counted yet; the workers leave when it is zero.
  let unfinished = 0;

  const visit = (url: string): void => {
    if (seen.has(url)) return;
    seen.add(url);
    tally.found++;
    unfinished++;
    const { origin } = new URL(url);
    const urls = found.get(origin);
    if (urls) urls.push(url);
    else found.set(origin, [url]);
    idle.pop()?.();
  };
  const take = (): { url: string; origin: string } | undefined => {
    for (const [origin, urls] of found) {
      if ((active.get(origin) ?? 0) >= limits.perOrigin) continue;
      const url = urls.shift();
      if (url !== undefined) return { url, origin };
    }
    return undefined;
  };

  const fetchPage = async (url: string): Promise<Outcome> => {
    const startedAt = performance.now();
    for (let attempts = 1; ; attempts++) {
      let status = 0;
      let content: Content = { bytes: 0 };
      let failure: unknown;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(limits.timeoutMs) });
        status = response.status;
        content = await readHtml(response);
        if (!response.ok) throw new StatusError(response);
      } catch (error) {
        failure = error;
      }
      if (attempts < limits.attempts && isTransient(failure)) {
        await sleep(retryDelayMs(failure, attempts));
        continue;
      }
      const ms = Math.round(performance.now() - startedAt);
      const outcome = { url, status, ...content, ms, attempts };
      return failure === undefined ? outcome : { ...outcome, error: describeFailure(failure) };
    }
  };

  const work = async (): Promise<void> => {
    while (unfinished > 0 && performance.now() < deadline) {
      const taken = take();
      if (taken === undefined) {
        await new Promise<void>((resolve) => idle.push(resolve));
        continue;
      }
      const { url, origin } = taken;
      active.set(origin, (active.get(origin) ?? 0) + 1);
      const outcome = await fetchPage(url);
      tally.count(outcome);
      outcome.links?.forEach(visit);
      unfinished--;
      active.set(origin, (active.get(origin) ?? 0) - 1);
      // This worker goes on by itself; a second one may find that its origin has room again.
      idle.pop()?.();
    }
    for (const wake of idle.splice(0)) wake();
  };

  visit(start);
  await Promise.all(Array.from({ length: limits.concurrency }, work));
}
