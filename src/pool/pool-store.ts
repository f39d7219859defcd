import type { Frame, Held } from "../cancel/frame.ts";
import { callback } from "../cancel/callback.ts";
import { now } from "../cancel/clock.ts";
import { WaitQueue } from "../cancel/wait.ts";
import { DueCalls } from "../cache/due-calls.ts";
import { Home } from "../cache/home.ts";
import { Turns } from "../limit/keyed-turns.ts";
import { PoolClosing } from "./pool-closing.ts";
import { newCounts, type PoolCounts, type PoolStats } from "./pool-counts.ts";
import type { DestroyReason, PoolEvent } from "./pool-event.ts";
import { PoolFitness } from "./pool-fitness.ts";
import type { PoolAcquireOptions } from "./pool-options.ts";
import { PoolRounds } from "./pool-rounds.ts";
import type { Settings } from "./pool-settings.ts";
import { Resource } from "./resource.ts";
import { Shelf } from "./shelf.ts";

/** All resources of a pool, of whatever keys, and what they share. */
export class PoolStore<K, T> implements Held {
  readonly settings: Settings<K, T>;
  /** The pool itself. */
  readonly target: unknown;
  /** What messages call the pool. */
  readonly label: string;
  /** Where the functions of the user are called. */
  readonly home: Home = new Home();
  readonly shelves: Map<K, Shelf<K, T>> = new Map();
  readonly resources: Set<Resource<K, T>> = new Set();
  /** The keys that want a creation, and have a place for it: what they wait for is the total. */
  readonly turns: Turns<Shelf<K, T>> = new Turns();
  readonly counts: PoolCounts = newCounts();
  readonly closing: PoolClosing<K, T> = new PoolClosing(this);
  readonly rounds: PoolRounds<K, T> = new PoolRounds(this);
  /** Nobody waits for the total itself. */
  readonly line: WaitQueue;
  readonly fitness: PoolFitness<K, T>;
  size = 0;
  destroying = 0;
  /** How many creations are wanted by keys that have a place for them. */
  wanted = 0;
  readonly isHeard: boolean;
  readonly #watched: boolean;
  /** Keys with idle resources: the one first that had none come back for longest; maybe others, too. */
  readonly #idlers = new Set<Shelf<K, T>>();
  readonly #due = new DueCalls();
  readonly #changed: Shelf<K, T>[] = [];

  constructor(settings: Settings<K, T>, target: unknown) {
    const { name } = settings;
    this.settings = settings;
    this.target = target;
    this.fitness = new PoolFitness(settings, this.closing);
    this.label = name === undefined ? "a pool" : `pool ${JSON.stringify(name)}`;
    this.line = new WaitQueue("total of the pool", target);
    this.#watched = settings.leakWarnMs < Infinity;
    this.isHeard = settings.onEvent !== undefined;
  }

  shelf(key: K): Shelf<K, T> {
    let shelf = this.shelves.get(key);
    if (shelf === undefined) {
      shelf = new Shelf(this, key, this.settings.max(key));
      this.shelves.set(key, shelf);
    }
    return shelf;
  }

  /** For the proof of deadlocks, while the total is what is short: an idle one would make room. */
  get scarce(): Held | undefined {
    let busy = 0;
    for (const shelf of this.shelves.values()) busy += shelf.busy;
    return busy < this.settings.total ? undefined : this;
  }

  get frames(): Frame[] {
    return [...this.shelves.values()].flatMap(({ frames }) => frames);
  }

  get most(): number {
    return this.settings.total;
  }

  /** How many there are to be, also while nobody needs them. */
  get floor(): number {
    return this.settings.eager && !this.closing.begun ? this.settings.min : 0;
  }

  /** Whether one that becomes idle is nobody else's business. */
  get isCalm(): boolean {
    return this.wanted === 0 && !this.closing.begun && !this.isHeard;
  }

  /** A resource was made. */
  enter(shelf: Shelf<K, T>, value: T, generation: number): Resource<K, T> {
    const resource = new Resource(shelf, value, generation, this.fitness.lifetime());
    this.resources.add(resource);
    this.counts.created++;
    if (this.isHeard) this.tell({ kind: "create", key: shelf.key, value });
    return resource;
  }

  lent(resource: Resource<K, T>): void {
    this.counts.acquired++;
    if (this.#watched) this.rounds.lent(resource);
    if (this.isHeard) {
      this.tell({ kind: "acquire", key: resource.shelf.key, value: resource.value });
    }
  }

  /** A resource has become idle. */
  rests(resource: Resource<K, T>): void {
    if (this.fitness.timed) {
      resource.since = now();
      this.rounds.arm(this.fitness.restsUntil(resource));
    }
    if (!this.settings.keyed) return;
    const { shelf } = resource;
    this.#idlers.delete(shelf);
    this.#idlers.add(shelf);
  }

  /** Replaces what there is of a key, or of all: what is in use, when it comes back. */
  expire(of?: Shelf<K, T>): void {
    for (const shelf of of === undefined ? this.shelves.values() : [of]) {
      shelf.generation++;
      this.clear(shelf, "expired");
    }
    this.settleAll();
  }

  /** Destroys what is idle of a key; not what is made in its place meanwhile. */
  clear(shelf: Shelf<K, T>, reason: DestroyReason): void {
    for (const resource of shelf.idle.items()) {
      if (resource.state !== "idle") continue;
      shelf.idle.remove(resource);
      void shelf.discard(resource, reason);
    }
  }

  /** How long a call waits. */
  patience(options: PoolAcquireOptions | undefined): number {
    return options?.timeoutMs ?? this.settings.acquireTimeoutMs;
  }

  stats(): PoolStats {
    const { size, destroying, counts, settings } = this;
    let idle = 0;
    let creating = 0;
    let waiting = 0;
    for (const shelf of this.shelves.values()) {
      idle += shelf.idle.size;
      creating += shelf.creations.count;
      waiting += shelf.line.length;
    }
    const busy = size - idle - creating - destroying;
    const destroyed = Object.freeze({ ...counts.destroyed });
    const max = settings.total;
    return { size, idle, busy, creating, destroying, waiting, max, ...counts, destroyed };
  }

  /** Tells the user, once nothing is half done. */
  tell(event: PoolEvent<T, K>): void {
    const { onEvent } = this.settings;
    if (onEvent === undefined) return;
    this.#due.add(() => callback("onEvent", () => onEvent(Object.freeze(event))));
  }

  settleAll(): void {
    for (const shelf of this.shelves.values()) this.settle(shelf);
  }

  /**
   * Something has changed at a key: what is there is handed out, what is missing is made. Calls from within
   * are done after what is under way.
   */
  settle(shelf: Shelf<K, T>): void {
    const changed = this.#changed;
    if (changed.push(shelf) > 1) return;
    try {
      for (const one of changed) {
        one.serve();
        this.closing.trim(one);
        one.tell();
        one.creations.attend();
        this.#pump();
        if (this.settings.keyed && one.isVoid) this.#forget(one);
      }
    } finally {
      changed.length = 0;
    }
    this.closing.look();
    this.#due.run();
  }

  #forget(shelf: Shelf<K, T>): void {
    this.#idlers.delete(shelf);
    if (this.shelves.get(shelf.key) === shelf) this.shelves.delete(shelf.key);
  }

  /** Begins what is wanted, key by key in turn. */
  #pump(): void {
    const { total } = this.settings;
    for (let shelf = this.turns.first()?.of; shelf !== undefined; shelf = this.turns.first()?.of) {
      if (this.size < total) shelf.start();
      else if (this.destroying >= this.wanted || !this.#evict()) return;
    }
  }

  /** Makes room for another key. */
  #evict(): boolean {
    for (const shelf of this.#idlers) {
      const resource = shelf.idle.first;
      if (resource !== undefined) {
        shelf.idle.remove(resource);
        void shelf.discard(resource, "evicted");
        return true;
      }
      this.#idlers.delete(shelf);
    }
    return false;
  }
}
