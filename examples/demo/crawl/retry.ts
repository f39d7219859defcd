import { sleep } from "corral";
import { isTransient, retryDelayMs } from "./page.ts";

/**
 * Calls `fn` again after each transient failure, with a growing pause, up to `attempts` times.
 *
 * A server's `Retry-After` is honoured. A cancellation is not transient, and in a cancelled scope
 * the pause itself rejects, so a cancelled caller never begins another attempt.
 *
 * @param fn Gets the number of the attempt, counted from 1.
 * @returns What `fn` resolved to.
 */
export async function retry<T>(fn: (attempt: number) => Promise<T>, attempts: number): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fn(attempt);
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error;
      await sleep(retryDelayMs(error, attempt));
    }
  }
}
