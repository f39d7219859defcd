import { type CancelScope, now, sleep } from "corral";

/** Loads `#1` for 1, and remembers what it was asked for. */
export interface Loads {
  /** The batches that were sent, as `1,2`; those that take time with when, as `100: 1,2`. */
  readonly sent: string[];
  readonly loadMany: (keys: readonly number[], scope: CancelScope) => Promise<string[]>;
}

/** @param ms How long it takes; by default no time at all. */
export function loads(ms?: number): Loads {
  const sent: string[] = [];
  return {
    sent,
    loadMany: async (keys, { signal }) => {
      sent.push(ms === undefined ? keys.join() : `${now()}: ${keys.join()}`);
      if (ms !== undefined) await sleep(ms, { signal });
      return keys.map((key) => `#${key}`);
    },
  };
}
