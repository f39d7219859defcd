import { checkFlag, checkFunction, checkOptions } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { refused } from "../cancel/tree.ts";
import { placeOf, refusal } from "../cancel/wait.ts";
import { Flight } from "./flight.ts";
import { Home } from "./home.ts";

export interface SingleFlightOptions {
  /** Lets a load go on when all who waited for it have left; by default it is cancelled then. */
  keepAlive?: boolean | undefined;
}

export interface SingleFlightStats {
  /** How many keys have a load under way. */
  readonly loads: number;
  /** How many calls there have been. */
  readonly calls: number;
  /** How many of them have begun a load; the others have joined one. */
  readonly begun: number;
}

const CREATE = "create a single flight";
const ACTION = "load";

/**
 * Lets calls for the same key that come while one is under way share it, so that a load is made once
 * however many ask for it at the same time. It keeps nothing: a call after the end loads again.
 *
 * A load runs in a scope of its own and in the async context in which this was made, never in that of the
 * caller who happened to come first. Each caller's signal, scope and deadline count for that caller alone;
 * when the last of them has left, the load is cancelled, and nobody joins it any more. Its deadline is the
 * latest of those who wait. All of them get the same value, or the same error. The rules follow Go's
 * singleflight, without its trap that the first caller's cancellation hits all.
 *
 * @example
 * ```ts
 * import { SingleFlight, sleep } from "corral";
 *
 * const flights = new SingleFlight<string, string>();
 * let loads = 0;
 * const load = async () => {
 *   await sleep(10);
 *   return `load ${++loads}`;
 * };
 * const [a, b] = await Promise.all([flights.run("x", load), flights.run("x", load)]);
 * console.log(a, b); // load 1 load 1
 * ```
 */
export class SingleFlight<K, V> {
  /** @internal */
  readonly home: Home = new Home();
  readonly #keepAlive: boolean;
  readonly #flights = new Map<K, Flight<V>>();
  #calls = 0;
  #begun = 0;

  /** @throws {TypeError} If an option is not what it should be. */
  constructor(options?: SingleFlightOptions) {
    checkOptions(CREATE, options);
    this.#keepAlive = checkFlag(CREATE, "keepAlive", options?.keepAlive);
  }

  /**
   * Joins the load of the key that is under way, or begins one: `load` is called at once.
   *
   * @param key Compared as the keys of a Map are.
   * @param load Gets the load's own scope. Not called when the key's load is under way.
   * @throws What the load has failed with; the same for all who waited. It is not kept.
   * @throws {DeadlockError} If the call comes from the key's own load, or from one that it waits for.
   */
  run(key: K, load: (scope: CancelScope) => V | PromiseLike<V>, options?: WaitOptions): Promise<V> {
    try {
      checkFunction(ACTION, "load", load);
      checkOptions(ACTION, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      this.#calls++;
      const under = this.#flights.get(key);
      if (under?.over === false) return under.join(place, signal);
      const flight = new Flight<V>(key, (it: Flight<V>) => load(it.scope), this, this.#keepAlive);
      this.#begun++;
      this.#flights.set(key, flight);
      return flight.lead(place, signal);
    } catch (error) {
      return rejected(error);
    }
  }

  /** Whether there is a load of the key that a call would join. */
  has(key: K): boolean {
    return this.#flights.get(key)?.over === false;
  }

  /**
   * Lets the next call load anew. Those who wait for the load that is under way get what it gives.
   *
   * @returns Whether there was one.
   */
  forget(key: K): boolean {
    const had = this.has(key);
    this.#flights.delete(key);
    return had;
  }

  /** Figures of the moment: a frozen object. */
  stats(): SingleFlightStats {
    return Object.freeze({ loads: this.#flights.size, calls: this.#calls, begun: this.#begun });
  }

  /** @internal */
  landed(flight: Flight<V>, failed: boolean, outcome: unknown): V | Promise<never> {
    const key = flight.key as K;
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    return failed ? refused(outcome) : (outcome as V);
  }
}
