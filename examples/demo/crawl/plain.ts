import { setTimeout as sleep } from "node:timers/promises";
import type { Tally } from "../report/tally.ts";
import type { Outcome } from "./fetcher.ts";
import {
  describeFailure,
  isTransient,
  readHtml,
  retryDelayMs,
  StatusError,
  type Content,
  type FetchLimits,
} from "./page.ts";

interface Job {
  readonly url: string;
  readonly startedAt: number;
  readonly attempts: number;
}

/**
 * The crawl of `crawl.ts` by plain `fetch` and a worker loop written by hand, to compare with.
 *
 * It keeps the same limits, timeouts and retries. It cannot be interrupted.
 */
export async function plainCrawl(start: string, limits: FetchLimits, tally: Tally): Promise<void> {
  const deadline = performance.now() + limits.deadlineMs;
  const seen = new Set<string>();
  const ready = new Map<string, Job[]>();
  const active = new Map<string, number>();
  const idle: (() => void)[] = [];
  // Found and neither counted nor given up yet; the workers leave when it is zero.
  let unfinished = 0;

  const push = (job: Job): void => {
    const { origin } = new URL(job.url);
    const jobs = ready.get(origin);
    if (jobs) jobs.push(job);
    else ready.set(origin, [job]);
    idle.pop()?.();
  };
  const visit = (url: string): void => {
    if (seen.has(url)) return;
    seen.add(url);
    tally.found++;
    unfinished++;
    push({ url, startedAt: 0, attempts: 0 });
  };
  const take = (): { job: Job; origin: string } | undefined => {
    for (const [origin, jobs] of ready) {
      if ((active.get(origin) ?? 0) >= limits.perOrigin) continue;
      const job = jobs.shift();
      if (job) return { job, origin };
    }
    return undefined;
  };
  const finish = (outcome: Outcome): void => {
    tally.count(outcome);
    outcome.links?.forEach(visit);
    unfinished--;
  };
  const putBack = async (job: Job, delayMs: number): Promise<void> => {
    await sleep(delayMs);
    push(job);
  };

  const attempt = async (job: Job): Promise<void> => {
    const { url, attempts } = job;
    let status = 0;
    let content: Content = { bytes: 0 };
    let error: { error: string } | undefined;
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(limits.timeoutMs) });
      status = response.status;
      content = await readHtml(response);
      if (!response.ok) throw new StatusError(response);
    } catch (failure) {
      if (attempts < limits.attempts && isTransient(failure)) {
        void putBack(job, retryDelayMs(failure, attempts));
        return;
      }
      error = { error: describeFailure(failure) };
    }
    const ms = performance.now() - job.startedAt;
    finish({ url, status, ...content, ms, attempts, ...error });
  };

  const work = async (): Promise<void> => {
    while (unfinished > 0 && performance.now() < deadline) {
      const taken = take();
      if (taken === undefined) {
        await new Promise<void>((resolve) => idle.push(resolve));
        continue;
      }
      const { job, origin } = taken;
      active.set(origin, (active.get(origin) ?? 0) + 1);
      const startedAt = job.startedAt || performance.now();
      await attempt({ ...job, startedAt, attempts: job.attempts + 1 });
      active.set(origin, (active.get(origin) ?? 0) - 1);
      // This worker goes on by itself; a second one may find that its origin has room again.
      idle.pop()?.();
    }
    for (const wake of idle.splice(0)) wake();
  };

  visit(start);
  await Promise.all(Array.from({ length: limits.concurrency }, work));
}
