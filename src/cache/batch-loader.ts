import { runtime } from "../internal/runtime.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { enter, Wait } from "../cancel/wait.ts";
import { type Holder, KeyLine, Wanted } from "./batch-keys.ts";
import { BatchLoad, type LoadMany } from "./batch-load.ts";
import { Part, type Whole } from "./batch-many.ts";
import { Places } from "./batch-places.ts";
import { BatchWindow } from "./batch-window.ts";
import { type Errand, Home } from "./home.ts";

/** How many places a key needs, as the detector of deadlocks finds it with the wait. */
const ONE = 1;

/** What was asked of a batch, with the defaults filled in. */
export interface BatchSettings<K> {
  readonly loadMany: LoadMany<K>;
  readonly max: number;
  readonly windowMs: number;
  readonly concurrency: number;
  readonly name: string | undefined;
}

/** The figures of a batched function. */
export interface BatchStats {
  /** How many keys wait to be sent. */
  readonly pending: number;
  /** How many batches are under way. */
  readonly active: number;
  /** How many keys are in them. */
  readonly loading: number;
}

/**
 * Collects keys, and sends batches of them: the first ones in line, as soon as there are `max`, or the
 * first of them has waited for the window; and then as soon as there is a free place.
 */
export class BatchLoader<K, V> implements Errand, Holder<K, V> {
  readonly #settings: BatchSettings<K>;
  readonly #target: object;
  readonly #home = new Home();
  readonly #keys = new KeyLine<K, V>();
  readonly #window: BatchWindow;
  readonly #places: Places;
  #active = 0;
  #loading = 0;
  /** Whether `begin()` is to come. */
  #called = false;

  constructor(settings: BatchSettings<K>) {
    this.#settings = settings;
    this.#target = { name: settings.name };
    this.#window = new BatchWindow(settings.windowMs, this.#keys, () => this.#wake());
    this.#places = new Places(settings.concurrency, this.#target);
  }

  get stats(): BatchStats {
    return { pending: this.#keys.size, active: this.#active, loading: this.#loading };
  }

  /**
   * Waits for what belongs to the key, which is told from others by `id`.
   *
   * @param whole Whose part the wait is, if the caller waits for several keys.
   */
  want(
    key: K,
    id: unknown,
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    whole?: Whole<V>,
  ): Wait<V> {
    const wanted = this.#keys.get(id) ?? this.#add(key, id);
    const wait = whole === undefined ? new Wait(wanted, ONE) : new Part(wanted, whole, ONE);
    enter(wait, place, signal);
    this.#window.joined(wait.owner?.daemon === true);
    if (this.#keys.size >= this.#settings.max) this.#wake();
    return wait;
  }

  /** Lets the detector of deadlocks see who awaits the promise, which is settled when the wait is over. */
  watch(action: string, wait: Wait<V>, promise: Promise<unknown>): void {
    const { detector } = runtime;
    if (detector?.off !== false) return;
    wait.promise = promise as never;
    detector.waits(action, wait);
  }

  /** Sends what was collected. */
  flush(): void {
    this.#window.release();
    this.#wake();
  }

  /** Called by the home: sends what is to be sent. */
  begin(): void {
    const { max, concurrency } = this.#settings;
    this.#called = false;
    while (this.#active < concurrency && this.#isDue) this.#send(this.#keys.take(max));
    this.#window.update();
  }

  left(wanted: Wanted<K, V>): void {
    // A cancellation takes all out at once who wait in its scope, and then tells of one after the other.
    if (wanted.length > 0 || this.#keys.get(wanted.id) !== wanted) return;
    this.#keys.remove(wanted);
    this.#window.update();
  }

  get #isDue(): boolean {
    return this.#keys.size >= this.#settings.max || this.#window.isOver;
  }

  #add(key: K, id: unknown): Wanted<K, V> {
    const due = this.#window.dueNow();
    const wanted = new Wanted<K, V>(key, id, due, this, this.#places, this.#target);
    this.#keys.push(wanted);
    return wanted;
  }

  // Whether there is something to be sent, and what, is decided at home: a moment later, keys may have come
  // or gone.
  #wake(): void {
    if (this.#called || this.#active >= this.#settings.concurrency) return;
    this.#called = true;
    this.#home.soon(this);
  }

  #send(all: Wanted<K, V>[]): void {
    const { loadMany, name } = this.#settings;
    this.#active++;
    this.#loading += all.length;
    new BatchLoad(all, name, this.#home).run(loadMany, this.#places, () => {
      this.#active--;
      this.#loading -= all.length;
      this.#wake();
    });
  }
}
