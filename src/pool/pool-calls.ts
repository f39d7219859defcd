import { checkAmount, checkFunction, checkMs, checkOptions, seen } from "../internal/arguments.ts";
import { passed, ready, rejected, spend } from "../internal/budget.ts";
import { react } from "../internal/react.ts";
import { type Frame, runtime } from "../internal/runtime.ts";
import { currentNode } from "../cancel/ambient.ts";
import { report, textOf } from "../cancel/report.ts";
import { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { ignore, type ScopeNode } from "../cancel/tree.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { Ask } from "./ask.ts";
import type { Lease } from "./lease.ts";
import type { PoolAcquireOptions } from "./pool-options.ts";
import type { PoolStore } from "./pool-store.ts";
import type { Shelf } from "./shelf.ts";

const ACQUIRE = "acquire from a pool";
const RUN = "run with a pool";
const WARM = "warm a pool";

function checkAcquire(action: string, options: PoolAcquireOptions | undefined): void {
  checkOptions(action, options);
  if (options === undefined) return;
  const { timeoutMs, name } = options;
  if (timeoutMs !== undefined) checkMs(action, "timeoutMs", timeoutMs);
  if (name !== undefined && typeof name !== "string") {
    throw new TypeError(`Cannot ${action}: "name" must be a string, received ${seen(name)}`);
  }
}

/** How reports call who has a lease that has no name: as the nearest scope or task that has one. */
function nearestName(place: ScopeNode | undefined): string | undefined {
  let node = place as CancelScope | undefined;
  while (node !== undefined && typeof node.name !== "string") {
    node = node.parent as CancelScope | undefined;
  }
  return node?.name;
}

/** Waits for a lease. */
export function acquireFrom<K, T>(
  store: PoolStore<K, T>,
  key: K,
  options: PoolAcquireOptions | undefined,
): Promise<Lease<T>> {
  try {
    checkAcquire(ACQUIRE, options);
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    if (store.closing.begun) throw store.closing.error(ACQUIRE);
    const name = options?.name ?? nearestName(place);
    const site = store.rounds.site(acquireFrom);
    const lease = store.shelf(key).take(name, site);
    if (lease !== undefined) return ready(lease);
    // By what was called to look at the idle ones.
    if (store.closing.begun) throw store.closing.error(ACQUIRE);
    const ask = new Ask(store.patience(options), false, name, site);
    // What looked at the idle ones may have ended the last of the key, which is forgotten then.
    const wait = store.shelf(key).line.enter(place, signal, ask);
    if (wait.pending) runtime.detector?.waits(ACQUIRE, wait);
    return wait.promise;
  } catch (error) {
    return rejected(error);
  }
}

/** Takes a lease of what is idle and can be used as it is. */
export function tryAcquireFrom<K, T>(
  store: PoolStore<K, T>,
  key: K,
  options: { name?: string | undefined } | undefined,
): Lease<T> | undefined {
  checkAcquire(ACQUIRE, options);
  if (store.closing.begun) throw store.closing.error(ACQUIRE);
  return store.shelves
    .get(key)
    ?.take(options?.name ?? nearestName(currentNode()), store.rounds.site(tryAcquireFrom));
}

/** Calls `fn` with a resource, and gives it back. */
export function runWith<K, T, R>(
  store: PoolStore<K, T>,
  key: K,
  fn: (value: T, scope: CancelScope) => R | PromiseLike<R>,
  options: PoolAcquireOptions | undefined,
): Promise<R> {
  try {
    checkFunction(RUN, "fn", fn);
    checkAcquire(RUN, options);
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    if (store.closing.begun) throw store.closing.error(RUN);
    const name = options?.name ?? nearestName(place);
    const site = store.rounds.site(runWith);
    const lease = store.shelf(key).take(name, site);
    if (lease !== undefined) {
      // The hop is paid after the start, so that the order of starts never depends on the budget.
      const result = begin(lease, fn, options);
      const hop = spend();
      if (hop === undefined) return result;
      result.catch(ignore);
      return hop.then(() => result);
    }
    if (store.closing.begun) throw store.closing.error(RUN);
    const ask = new Ask(store.patience(options), true, name, site);
    const shelf = store.shelf(key);
    const wait = shelf.line.enter(place, signal, ask);
    const result: Promise<R> = wait.promise.then((given) => {
      shelf.starting--;
      if (given.released) throw store.closing.error(RUN);
      const late = refusal(currentNode(), signal);
      if (late === undefined) return begin(given, fn, options);
      // Cancelled after it was handed over: nothing begins any more, and the resource goes on.
      given.putBack();
      result.catch(ignore);
      return late;
    });
    // What is cancelled in line is nobody's duty to handle.
    wait.promise = result as never;
    if (wait.pending) runtime.detector?.waits(RUN, wait);
    return result;
  } catch (error) {
    return rejected(error);
  }
}

function begin<T, R>(
  lease: Lease<T>,
  fn: (value: T, scope: CancelScope) => R | PromiseLike<R>,
  options: PoolAcquireOptions | undefined,
): Promise<R> {
  const { shelf, value } = lease.resource;
  const { detector } = runtime;
  let frame: Frame | undefined;
  const scope = new CancelScope({ name: options?.name, signal: options?.signal });
  lease.resource.scope = scope;
  const work = (): R | PromiseLike<R> => fn(value, scope);
  return react(
    scope.run(() => {
      // Within the scope, where what the function waits for is.
      if (detector?.off === false) frame = detector.begin(shelf, 1);
      return frame === undefined ? work() : frame.call(work);
    }),
    (result) => {
      frame?.finish();
      const rest = lease.giveBack();
      return rest === undefined ? result : rest.then(() => result);
    },
    (error) => {
      frame?.finish();
      const rest = isBroken(shelf, error, value) ? lease.end("broken", error) : lease.giveBack();
      if (rest === undefined) throw error;
      return rest.then(() => {
        throw error;
      });
    },
  );
}

function isBroken<K, T>({ store, key }: Shelf<K, T>, error: unknown, value: T): boolean {
  const { isBroken: asked } = store.settings;
  if (asked === undefined) return false;
  try {
    return asked(error, value, key);
  } catch (thrown) {
    const message = `isBroken threw: ${textOf(thrown)}`;
    report("warning", { kind: "callback", message, detail: thrown });
    return true;
  }
}

/** Waits until there are so many of a key. */
export function warmUp<K, T>(
  store: PoolStore<K, T>,
  key: K,
  count: number,
  options: WaitOptions | undefined,
): Promise<void> {
  try {
    checkAmount(WARM, "count", count);
    checkOptions(WARM, options);
    const max = store.shelves.get(key)?.max ?? store.settings.max(key);
    const { total } = store.settings;
    const most = Math.min(max, total);
    if (count > most) {
      throw new RangeError(
        `Cannot ${WARM}: "count" must be at most ${most}, as "${max === most ? "max" : "total"}" is, received ${count}`,
      );
    }
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    if (store.closing.begun) throw store.closing.error(WARM);
    if (count <= (store.shelves.get(key)?.existing ?? 0)) return passed();
    const shelf = store.shelf(key);
    const promise = shelf.warming.enter(place, signal, count);
    store.settle(shelf);
    return promise;
  } catch (error) {
    return rejected(error);
  }
}
