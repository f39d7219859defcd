import { AsyncEvent, select, when } from "corral";
import { batches } from "./batches.ts";
import { asyncLru } from "./async-lru.ts";
import { broadcasts } from "./broadcasts.ts";
import { channels } from "./channels.ts";
import { type Line, nameOf, plain, type WaitingMethod } from "./line.ts";
import { loads } from "./loads.ts";
import { locks } from "./locks.ts";
import { pools } from "./pools.ts";
import { signals } from "./signals.ts";
import { streams } from "./streams.ts";
import { work } from "./work.ts";

const methods: readonly WaitingMethod[] = [
  ...work,
  ...locks,
  ...signals,
  ...channels,
  ...broadcasts,
  ...streams,
  ...batches,
  ...asyncLru,
  ...loads,
  ...pools,
];

/** The same line, waited in by a `select` that could also wait for something that never happens. */
function selecting(line: Line): Line {
  const never = new AsyncEvent();
  return plain((options) => select({ never: when(never), chosen: line.clause!() }, options), {
    ...line,
    waiting: () => Math.max(line.waiting(), never.waiting),
    keep: (chosen) => line.keep?.((chosen as { value: unknown }).value),
  });
}

/** All clauses of a `select` wait as the methods do that wait for the same. */
const selects: WaitingMethod[] = [];
for (const method of methods) {
  const line = method.open();
  line.close?.();
  if (line.clause === undefined || method.optionsOf !== undefined) continue;
  selects.push({
    ...method,
    member: "select",
    variant: `instead of ${nameOf(method)}`,
    open: () => selecting(method.open()),
  });
}

/** Every method of the library by which a caller waits for something that it does not own. */
export const waitingMethods: readonly WaitingMethod[] = [...methods, ...selects];

const own =
  "waits for work that it began itself: a cancellation is passed on, and the end of it awaited";
const cleanup = "is cleanup, bounded by the pool's own times: a cancellation does not end it";
const whole = "calls values() without options";
const time =
  "time lets in, and nobody else: its line is tested in test/limit, and against a model in test/properties";

/** What gives a promise or an async iterator all the same, and why the contract is not for it. */
export const notWaiting: Readonly<Record<string, string>> = {
  "AsyncLru.getMany": own,
  "AsyncLru.settled": "takes no signal: what the cache has begun to write is written all the same",
  "CacheTier.get": "is the user's own",
  "CancelScope.run": own,
  "ItemStream.return": own,
  "KeyedPool.[Symbol.asyncDispose]": own,
  "KeyedPool.close": own,
  "KeyedPool.terminate": own,
  "KeyedPool.warm": "is Pool.warm() for a key",
  "Lease.[Symbol.asyncDispose]": cleanup,
  "Lease.destroy": cleanup,
  "Lease.release": cleanup,
  "Limit.map": own,
  "MappedStream.[Symbol.asyncDispose]": own,
  "MappedStream.return": own,
  "SafeChannel.[Symbol.asyncDispose]": own,
  "SafeChannel.return": own,
  "TaskGroup.[Symbol.asyncDispose]": own,
  "TaskGroup.join": own,
  "TaskGroup.start": own,
  "CircuitBreaker.run": own,
  "Coalesced()": own,
  "Coalesced.flush": own,
  "Pool.[Symbol.asyncDispose]": own,
  "Pool.close": own,
  "Pool.terminate": own,
  "RateLimiter.acquire": time,
  "RateLimiter.run": time,
  "WorkQueue.[Symbol.asyncDispose]": own,
  "WorkQueue.shutdown":
    "is cleanup: it ends the work itself, and a cancellation does not end the wait for it",
  any: own,
  fallback: own,
  forEach: own,
  gather: own,
  gatherSettled: own,
  hedge: own,
  main: own,
  map: own,
  moveOnAfter: own,
  race: own,
  retry: own,
  shield: own,
  taskGroup: own,
  timeout: own,
  timeoutAt: own,
  "Queue.[Symbol.asyncIterator]": whole,
  "Receiver.[Symbol.asyncIterator]": whole,
  "Subscription.[Symbol.asyncIterator]": whole,
  "WatchReader.[Symbol.asyncIterator]": whole,
  "Task.then": "calls wait() without options",
  checkpoint: "is a cancel point, and waits for nothing",
  toEvents: "iterates over the values() of a receiver",
};
