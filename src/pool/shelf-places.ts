import type { Frame, Held } from "../cancel/frame.ts";
import type { Turn } from "../limit/keyed-turns.ts";
import { Creations } from "./creations.ts";
import { IdleList } from "./idle-list.ts";
import type { PoolStore } from "./pool-store.ts";
import type { Shelf } from "./shelf.ts";
import { ShelfLine } from "./shelf-line.ts";
import { WarmLine } from "./warm-line.ts";

/** How many resources of a key there are, and how many more are wanted. */
export abstract class ShelfPlaces<K, T> implements Held {
  readonly store: PoolStore<K, T>;
  readonly key: K;
  /** How many there may be. */
  readonly max: number;
  readonly line: ShelfLine<K, T>;
  /** Those who wait until there are so many. */
  readonly warming: WarmLine<K, T>;
  readonly frames: Frame[] = [];
  readonly idle: IdleList<K, T> = new IdleList();
  readonly creations: Creations<K, T>;
  /** All that have a place: idle, in use, being made and being ended. */
  size = 0;
  /** Those of them that are being ended. */
  destroying = 0;
  /** How often all that there was has been declared outdated. */
  generation = 0;
  /** How many are being validated. */
  checking = 0;
  /** Handed over to functions that have yet to begin. */
  starting = 0;
  readonly #turn: Turn<Shelf<K, T>>;
  /** How many creations the store knows to be wanted, with a place here. */
  #told = 0;

  constructor(store: PoolStore<K, T>, key: K, max: number) {
    this.store = store;
    this.key = key;
    this.max = max;
    const shelf = this as unknown as Shelf<K, T>;
    this.line = new ShelfLine(shelf, store.target);
    this.warming = new WarmLine(shelf, store.target);
    this.creations = new Creations(shelf);
    this.#turn = store.turns.turn(shelf, 1);
  }

  /** How many are there, and not about to go. */
  get existing(): number {
    return this.size - this.creations.count - this.destroying;
  }

  get busy(): number {
    return this.existing - this.idle.size;
  }

  /** For the proof of deadlocks: how many there may be. */
  get most(): number {
    return this.max;
  }

  get whole(): Held | undefined {
    return this.store.scarce;
  }

  /** Whether anybody waits here. */
  get isAwaited(): boolean {
    return this.line.length > 0 || this.warming.length > 0;
  }

  /** Whether nothing needs to be known of it. */
  get isVoid(): boolean {
    return this.size === 0 && !this.isAwaited && !this.creations.paused;
  }

  /** Begins to make one. */
  start(): void {
    this.store.turns.spend(this.#turn);
    this.size++;
    this.store.size++;
    this.creations.begin();
    this.tell();
  }

  /** A place is free again. */
  free(): void {
    this.size--;
    this.store.size--;
  }

  /** What has a place is about to end. */
  linger(): void {
    this.destroying++;
    this.store.destroying++;
  }

  freeLingering(): void {
    this.destroying--;
    this.store.destroying--;
    this.free();
  }

  /** How many creations are wanted that have a place here, if the store has one. */
  get #wanted(): number {
    const { creations, store, warming } = this;
    if (creations.paused || store.closing.terminated) return 0;
    const floor = Math.max(store.floor, warming.most);
    const need = Math.max(this.line.length - this.checking, floor - this.existing);
    return Math.max(0, Math.min(need - creations.count, this.max - this.size));
  }

  /** Tells the store what is wanted here. */
  tell(): void {
    const { turns } = this.store;
    const wanted = this.#wanted;
    this.store.wanted += wanted - this.#told;
    this.#told = wanted;
    if (wanted > 0 === (this.#turn.list !== undefined)) return;
    if (wanted > 0) turns.add(this.#turn);
    else turns.remove(this.#turn);
  }
}
