/** What one call under an adaptive limit has shown. */
export interface AdaptiveSample {
  /** How long it ran, without its wait in line. */
  readonly rttMs: number;
  /** When it ended, on the clock of `now()`. */
  readonly atMs: number;
  /** How many ran when it began or when it ended, whichever is more; itself included. */
  readonly inFlight: number;
  /** Whether what it called was overloaded: it was turned away or timed out, or the event loop lagged. */
  readonly dropped: boolean;
  /** The limit that the algorithm gave last, within its bounds: what is in force, with the fraction. */
  readonly limit: number;
}

/**
 * What makes the next limit of each call that has ended: {@link aimd}, {@link gradient}, {@link vegas}, or
 * one of your own. Those three remember what they saw, so each limit needs one of its own.
 */
export interface Algorithm {
  /**
   * Called for each call that says something, in the order in which they end.
   *
   * @returns The new limit, a finite number. It is kept with its fraction, within the bounds of the
   * limit; in force is the integer below it. What it throws is reported, and the limit stays.
   */
  update(sample: AdaptiveSample): number;
}

/** Whether the limit was the reason why no more calls ran. It must not grow while nobody uses it. */
export function isUsed(inFlight: number, limit: number): boolean {
  return inFlight * 2 >= limit;
}
