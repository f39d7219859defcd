import type { AsyncLruOptions, CancelScope, Keeping } from "corral";
import { type Deferred, deferred } from "../support/deferred.ts";
import { settle } from "../support/settle.ts";

/** A load that was begun. */
export interface GatedLoad<K, V> {
  readonly key: K;
  readonly scope: CancelScope;
  readonly keeping: Keeping<V>;
  readonly gate: Deferred<V>;
}

/** Loads that end when the test says so. */
export class GatedLoads<K, V> {
  /** The keys, in the order in which their loads were begun. */
  readonly begun: K[] = [];
  readonly #open: GatedLoad<K, V>[] = [];

  readonly load: NonNullable<AsyncLruOptions<K, V>["load"]> = (key, scope, keeping) => {
    const gate = deferred<V>();
    this.begun.push(key);
    this.#open.push({ key, scope, keeping, gate });
    return gate.promise;
  };

  /** Takes the oldest load of the key that has not ended. */
  take(key: K): GatedLoad<K, V> {
    const at = this.#open.findIndex((load) => Object.is(load.key, key));
    return this.#open.splice(at, 1)[0]!;
  }

  /** Ends that load with a value. */
  async land(key: K, value: V): Promise<void> {
    await settle();
    this.take(key).gate.resolve(value);
    await settle();
  }

  /** Ends that load with a failure. */
  async fail(key: K, error: unknown): Promise<void> {
    await settle();
    this.take(key).gate.reject(error);
    await settle();
  }
}
