import { cancellable, type CancelScope, SingleFlight, type WaitOptions } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { type Line, plain, plus, type WaitingMethod } from "./line.ts";
import { watchWaits } from "./pending.ts";

/** Each call waits for a load of its own. */
function ownLoads(): Line {
  const flights = new SingleFlight<number, number>();
  const waits = watchWaits("load");
  const gates: Deferred<number>[] = [];
  let key = 0;
  const load = async ({ signal }: CancelScope): Promise<number> => {
    const gate = deferred<number>();
    gates.push(gate);
    try {
      return await cancellable(gate.promise, { signal });
    } finally {
      gates.splice(gates.indexOf(gate), 1);
    }
  };
  return plain((options) => flights.run(key++, load, options), {
    wake: () => gates[0]?.resolve(1),
    waiting: waits.count,
    close: waits.stop,
  });
}

/** A signal for those who have none: whom nothing can cancel wait as one. */
function alone(options: WaitOptions | undefined): WaitOptions {
  const { signal } = new AbortController();
  return plus(options, options?.signal === undefined ? { signal } : {});
}

/** All calls wait for one load; after its end for the next one. */
function oneLoad(): Line {
  const flights = new SingleFlight<string, number>();
  const waits = watchWaits("load");
  let gate: Deferred<number> | undefined;
  const load = ({ signal }: CancelScope): Promise<number> => {
    gate = deferred<number>();
    return cancellable(gate.promise, { signal });
  };
  return plain((options) => flights.run("key", load, alone(options)), {
    wake: () => gate?.resolve(1),
    waiting: waits.count,
    close: waits.stop,
  });
}

export const loads: readonly WaitingMethod[] = [
  { member: "SingleFlight.run", gives: "own", late: "keeps", wakesLater: true, open: ownLoads },
  {
    member: "SingleFlight.run",
    variant: "of one key",
    gives: "round",
    late: "keeps",
    wakesLater: true,
    open: oneLoad,
  },
];
