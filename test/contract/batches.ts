import { batch, type Batched, type CancelScope, type WaitOptions } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { type Line, plain, type WaitingMethod } from "./line.ts";
import { watchWaits } from "./pending.ts";

/** Each call waits for a batch of its own, which runs on when the call is cancelled. */
function loading(
  call: (
    it: Batched<number, string>,
    key: number,
    options: WaitOptions | undefined,
  ) => Promise<unknown>,
): Line {
  const works = new Set<Deferred<string[]>>();
  const abandoned: Deferred<string[]>[] = [];
  const load = (_keys: readonly number[], { signal }: CancelScope): Promise<string[]> => {
    const work = deferred<string[]>();
    works.add(work);
    signal.addEventListener("abort", () => {
      works.delete(work);
      abandoned.push(work);
    });
    return work.promise;
  };
  const it = batch(load, { max: 1 });
  const waits = watchWaits("batch");
  let key = 0;
  return plain((options) => call(it, key++, options), {
    wake: () => {
      const [first] = works;
      if (first === undefined) return;
      works.delete(first);
      first.resolve(["value"]);
    },
    waiting: waits.count,
    close: () => {
      waits.stop();
      for (const work of [...works, ...abandoned]) work.resolve([]);
    },
  });
}

const own = { gives: "own", late: "keeps", wakesLater: true } as const;

export const batches: readonly WaitingMethod[] = [
  { ...own, member: "Batched()", open: () => loading((it, key, options) => it(key, options)) },
  {
    ...own,
    member: "Batched.many",
    open: () => loading((it, key, options) => it.many([key], options)),
  },
];
