/** How a function is run in the places of a lock or a limit. */
export interface RunOptions {
  /** Ends the wait in line, and nothing else: a function that has begun is waited for. */
  signal?: AbortSignal | undefined;
}

export interface WeightedRunOptions extends RunOptions {
  /** How many places it takes; 1 by default. */
  weight?: number | undefined;
}
