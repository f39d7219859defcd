import { checkMs, checkObject } from "./arguments.ts";

/** How long the parts of a request may take, in milliseconds. `Infinity` sets no limit. */
export interface HttpTimeouts {
  /** The whole of it: the wait for a place, all attempts, the body. 300,000 by default. */
  totalMs?: number | undefined;
  /** One attempt, from when it has a place until its body has been read. No limit by default. */
  attemptMs?: number | undefined;
  /** From when an attempt has a place until the headers of the response are there. 30,000 by default. */
  headersMs?: number | undefined;
  /**
   * The longest that nothing of the body is read: because nothing comes, or because nobody reads. 30,000 by
   * default.
   */
  bodyIdleMs?: number | undefined;
}

export const usualTimeouts: Readonly<Record<keyof HttpTimeouts, number>> = {
  totalMs: 300_000,
  attemptMs: Infinity,
  headersMs: 30_000,
  bodyIdleMs: 30_000,
};

/** The limits of one request: its own, or else the pool's, or else the usual ones. */
export function timeoutsOf(
  own: HttpTimeouts | undefined,
  pool: Readonly<Record<keyof HttpTimeouts, number>>,
): Readonly<Record<keyof HttpTimeouts, number>> {
  if (own === undefined) return pool;
  return {
    totalMs: own.totalMs ?? pool.totalMs,
    attemptMs: own.attemptMs ?? pool.attemptMs,
    headersMs: own.headersMs ?? pool.headersMs,
    bodyIdleMs: own.bodyIdleMs ?? pool.bodyIdleMs,
  };
}

/** @throws {TypeError | RangeError} If it has something that is no time. */
export function checkTimeouts(action: string, timeouts: HttpTimeouts | undefined): void {
  checkObject(action, "timeouts", timeouts);
  for (const name of Object.keys(usualTimeouts) as (keyof HttpTimeouts)[]) {
    checkMs(action, `timeouts.${name}`, timeouts?.[name]);
  }
}
