import { AsyncLru, cancellable, type WaitOptions } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { type Line, plain, type WaitingMethod } from "./line.ts";
import { watchWaits } from "./pending.ts";

type Method = (it: AsyncLru<string, number>, options: WaitOptions | undefined) => Promise<unknown>;

/** Those whom nothing can cancel wait as one: so each has a signal here. */
function alone(options: WaitOptions | undefined): WaitOptions | undefined {
  return options === undefined ? { signal: new AbortController().signal } : options;
}

/** All wait for the same load, which was begun before any of them came. */
function loading(method: Method): Line {
  const gate = deferred<number>();
  const it = new AsyncLru<string, number>({ load: () => gate.promise });
  it.prefetch("key");
  const waits = watchWaits("load");
  return plain((options) => method(it, alone(options)), {
    wake: () => gate.resolve(1),
    waiting: waits.count,
    close: waits.stop,
  });
}

/** Each call waits for a load of its own. */
function refreshing(): Line {
  // Made beforehand: on Node 20 a promise keeps the scope in which it was made.
  const spare = Array.from({ length: 100 }, () => deferred<number>());
  const works: Deferred<number>[] = [];
  const it = new AsyncLru<string, number>({
    load: async (_key, { signal }) => {
      const work = spare.pop() ?? deferred<number>();
      works.push(work);
      try {
        return await cancellable(work.promise, { signal });
      } finally {
        works.splice(works.indexOf(work), 1);
      }
    },
  });
  const waits = watchWaits("load");
  return plain((options) => it.refresh("key", alone(options)), {
    wake: () => works[0]?.resolve(1),
    waiting: waits.count,
    close: waits.stop,
  });
}

const shared = { gives: "opening", late: "keeps", wakesLater: true } as const;

export const asyncLru: readonly WaitingMethod[] = [
  {
    ...shared,
    member: "AsyncLru.get",
    open: () => loading((it, options) => it.get("key", options)),
  },
  {
    ...shared,
    member: "AsyncLru.lease",
    open: () => loading((it, options) => it.lease("key", options)),
  },
  { ...shared, gives: "own", member: "AsyncLru.refresh", open: refreshing },
];
