import { Deque } from "../internal/deque.ts";
import { discard } from "../cancel/discard.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grantAll, grantFirst, park, refusal, WaitQueue } from "../cancel/wait.ts";
import { type Each, SKIPPED } from "./each.ts";
import { Feed } from "./feed.ts";
import type { Source } from "./source.ts";

/** How results come to their readers. */
export interface SupplyOptions<T, R, V> {
  readonly ordered: boolean;
  /** How many items may have begun whose results were not taken. */
  readonly window: number;
  /** What the reader gets of an item; nothing for one that is left out. */
  readonly select: (value: R, item: T) => IteratorYieldResult<V> | undefined;
  readonly onDiscard: ((value: V) => unknown) | undefined;
}

/** A feed whose results go to readers, in the order of the items or as they come. */
export class Supply<T, R, V> extends Feed<T, R> {
  readonly readers: WaitQueue<IteratorResult<V, undefined>>;
  readonly #options: SupplyOptions<T, R, V>;
  /** What it is the turn of, and nobody has asked for. */
  readonly #ready = new Deque<IteratorYieldResult<V>>();
  /** Results that others have to come before, by the number of their item. */
  readonly #early = new Map<number, IteratorYieldResult<V> | undefined>();
  /** The number of the item whose turn it is. */
  #turn = 0;
  readonly #read: WaitQueue<void>;

  constructor(
    source: Source<T>,
    each: Each<T, R>,
    scope: CancelScope,
    readers: WaitQueue<IteratorResult<V, undefined>>,
    options: SupplyOptions<T, R, V>,
  ) {
    super(source, each, scope, options.window);
    this.readers = readers;
    this.#options = options;
    this.#read = new WaitQueue("reader", scope);
  }

  override settled(index: number, value: R | typeof SKIPPED, item: T): void {
    const result = value === SKIPPED ? undefined : this.#options.select(value, item);
    if (this.scope.error !== undefined) {
      // What comes after a failure, a faster reader would not have got either.
      this.interrupted = true;
      if (result !== undefined) this.#discard(result);
    } else if (!this.#options.ordered) {
      this.#offer(result);
    } else if (index !== this.#turn) {
      this.#early.set(index, result);
    } else {
      this.#offer(result);
      const early = this.#early;
      for (this.#turn++; early.size > 0 && early.has(this.#turn); this.#turn++) {
        this.#offer(early.get(this.#turn));
        early.delete(this.#turn);
      }
    }
  }

  #offer(result: IteratorYieldResult<V> | undefined): void {
    if (result === undefined || grantFirst(this.readers, result)) this.taken();
    else this.#ready.push(result);
  }

  /** The next result, if it is there. */
  take(): IteratorYieldResult<V> | undefined {
    if (this.#ready.size === 0) return undefined;
    const result = this.#ready.shift();
    this.taken();
    this.stir();
    return result;
  }

  /** Lets `emptied` look again: a result was taken, or somebody waits for one. */
  stir(): void {
    if (this.#read.first !== undefined) grantAll(this.#read, undefined);
  }

  /** Waits until all that is ready was taken; and until a reader is there, if it has to be told something. */
  async emptied(place: ScopeNode, telling: boolean): Promise<void> {
    while (this.#ready.size > 0 || (telling && this.readers.length === 0)) {
      await (refusal(place, undefined) ?? park(this.#read, place, undefined).promise);
    }
  }

  /** Drops what was not taken. All calls have ended. */
  drop(): void {
    const dropped: IteratorYieldResult<V>[] = [];
    while (this.#ready.size > 0) dropped.push(this.#ready.shift());
    for (const result of this.#early.values()) if (result !== undefined) dropped.push(result);
    this.#early.clear();
    for (const result of dropped) this.#discard(result);
  }

  #discard({ value }: IteratorYieldResult<V>): void {
    discard("onDiscard", value, this.#options.onDiscard);
  }
}
