/** How many in what time. One object for a limiter and its meters, so that a change of it reaches all. */
export interface Rate {
  limit: number;
  perMs: number;
  /** How many at once; of use to a bucket only. */
  burst: number;
}

/** Knows what was let in, as far as it still counts, and so when there is room for more. */
export interface Meter {
  /** The first moment at which `n` more fit: from `from` on, and not before what was taken last. */
  at(n: number, from: number): number;
  /** Counts `n` that are let in at `time`; what was taken last was not later. */
  take(n: number, time: number): void;
  /** Counts no more what was taken at `time`, a moment ago, and not used. */
  giveBack(n: number, time: number): void;
  /** Counts by the rate up to `time`, before it changes to another `perMs`. */
  settle(time: number, perMs: number): void;
  /** How many would fit at `time`. */
  room(time: number): number;
  copy(): Meter;
}
