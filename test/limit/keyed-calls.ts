import type { KeyedLimit, RunOptions } from "corral";
import { deferred } from "../support/deferred.ts";
import { turn } from "../support/turn.ts";

/** Calls under a limit by key that end when they are told to. */
export interface Calls<K> {
  /** The keys of the calls that have begun, in that order. */
  readonly begun: K[];
  /** Makes a call. */
  readonly call: (key: K, options?: RunOptions) => Promise<void>;
  /** Makes so many calls, whose ends are of no interest. */
  readonly add: (key: K, count?: number) => void;
  /** Ends the oldest that runs, or that of a key, and lets others begin. */
  readonly end: (...key: readonly K[]) => Promise<void>;
  /** Ends one after the other until nothing runs. */
  readonly endAll: () => Promise<void>;
}

export function callsOf<K>(limit: KeyedLimit<K>): Calls<K> {
  const begun: K[] = [];
  const running: { readonly key: K; readonly end: () => void }[] = [];
  const end = async (...of: readonly K[]): Promise<void> => {
    const at = of.length === 0 ? 0 : running.findIndex(({ key }) => key === of[0]);
    running.splice(at, 1)[0]!.end();
    await turn();
  };
  const call = (key: K, options?: RunOptions): Promise<void> =>
    limit.run(
      key,
      () => {
        const gate = deferred();
        begun.push(key);
        running.push({ key, end: gate.resolve });
        return gate.promise;
      },
      options,
    );
  return {
    begun,
    call,
    add: (key, count = 1) => {
      for (let i = 0; i < count; i++) void call(key);
    },
    end,
    endAll: async () => {
      while (running.length > 0) await end();
    },
  };
}
