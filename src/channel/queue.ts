import { checkCount, checkOptions, seen } from "../internal/arguments.ts";
import { passed, rejected } from "../internal/budget.ts";
import { Deque } from "../internal/deque.ts";
import { Heap } from "../internal/heap.ts";
import type { Clause } from "../cancel/clause.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { grantAll, park, placeOf, refusal, WaitQueue } from "../cancel/wait.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
import { waitOn } from "../sync/wait-on.ts";
import { type Closing, Exchange, Offer, type Store } from "./exchange.ts";
import { Items, takeClause, takeFrom, tryTake } from "./take.ts";

/** Which item comes out first: the oldest, the newest, or the least by a comparison as of `sort()`. */
export type QueueOrder<T> = "fifo" | "lifo" | ((a: T, b: T) => number);

export interface QueueOptions<T> extends PrimitiveOptions {
  /** How many items it holds at most: a positive integer, or `Infinity`. */
  capacity: number;
  /** `"fifo"` by default. Of items that a comparison calls equal the oldest comes out first. */
  order?: QueueOrder<T> | undefined;
}

/** The figures of a queue. */
export interface QueueStats {
  readonly capacity: number;
  readonly size: number;
  /** How many items were put and not yet marked as done. */
  readonly unfinished: number;
  /** How many wait to put. */
  readonly putting: number;
  /** How many wait to get. */
  readonly getting: number;
  readonly closed: boolean;
}

/** An array as a store: the newest comes out first. */
class Stack<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T {
    return this.#items.pop() as T;
  }
}

function storeFor<T>(order: QueueOrder<T>): Store<T> {
  if (order === "fifo") return new Deque<T>();
  if (order === "lifo") return new Stack<T>();
  if (typeof order === "function") return new Heap<T>(order);
  throw new TypeError(
    `Cannot create a queue: "order" must be "fifo", "lifo" or a function, received ${seen(order)}`,
  );
}

class QueueExchange<T> extends Exchange<T> {
  unfinished = 0;
  readonly joiners: WaitQueue<void>;
  readonly joined: Clause<void>;

  constructor(store: Store<T>, capacity: number, queue: Queue<T>) {
    super("queue", store, capacity, queue);
    this.joiners = new WaitQueue<void>("queue join", queue);
    this.joined = {
      line: this.joiners,
      take: () => (this.unfinished === 0 ? { value: undefined } : undefined),
    };
  }

  override accepted(): void {
    this.unfinished++;
  }

  finish(n: number): void {
    this.unfinished -= n;
    if (this.unfinished === 0) grantAll(this.joiners, undefined);
  }
}

/**
 * A line of items between those who put and those who get, with a count of those that are still being
 * worked on.
 *
 * Whoever waits to get is served in the order of asking, and so is whoever waits for room; nobody
 * overtakes. An item goes to one getter; one that is cancelled got none, and a put that is cancelled
 * has put nothing.
 *
 * The rules are those of asyncio's Queue, its shutdown included.
 *
 * @example
 * ```ts
 * import { Queue, taskGroup } from "corral";
 *
 * const queue = new Queue<number>({ capacity: 2 });
 * await taskGroup(async (group) => {
 *   group.spawn(async () => {
 *     for await (const n of queue) console.log(n);
 *   });
 *   for (const n of [1, 2, 3]) await queue.put(n);
 *   queue.close();
 * });
 * // 1
 * // 2
 * // 3
 * ```
 */
export class Queue<T> extends Primitive {
  readonly #exchange: QueueExchange<T>;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: QueueOptions<T>) {
    super("create a queue", options);
    checkCount("create a queue", "capacity", options?.capacity);
    const store = storeFor(options.order ?? "fifo");
    this.#exchange = new QueueExchange(store, options.capacity, this);
  }

  get capacity(): number {
    return this.#exchange.capacity;
  }

  /** How many items it holds. */
  get size(): number {
    return this.#exchange.store.size;
  }

  /** Whether it was closed or aborted. */
  get closed(): boolean {
    return this.#exchange.shut !== undefined;
  }

  /**
   * Puts an item in, and waits for room if there is none.
   *
   * @throws {ClosedError} If the queue is closed, be it while this waits: the item is not put then.
   * @throws What a comparison throws; nothing was put then.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    try {
      checkOptions("put into a queue", options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      if (this.tryPut(item)) return passed();
      return park(this.#exchange.givers, place, signal, new Offer(item)).promise as Promise<void>;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Puts an item in if there is room.
   *
   * @returns Whether there was.
   * @throws {ClosedError} If the queue is closed.
   */
  tryPut(item: T): boolean {
    const exchange = this.#exchange;
    if (exchange.shut !== undefined) throw exchange.shut.error();
    return exchange.offer(item);
  }

  /**
   * Takes the next item out, and waits for one if there is none.
   *
   * @throws {ClosedError} If the queue is closed and empty.
   */
  get(options?: WaitOptions): Promise<T> {
    return takeFrom("get from a queue", this.#exchange, options);
  }

  /**
   * Takes the next item out if there is one.
   *
   * @returns The item in an object, since an item may be `undefined`.
   * @throws {ClosedError} If the queue is closed and empty.
   */
  tryGet(): { readonly value: T } | undefined {
    return tryTake(this.#exchange);
  }

  /**
   * The items as they come, for `for await`. It ends when the queue is closed and empty, and throws the
   * reason of an abort. Several loops share the items.
   */
  values(options?: WaitOptions): AsyncIterableIterator<T, undefined> {
    return new Items("get from a queue", this.#exchange, options);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.values();
  }

  /**
   * Marks one item that was got as worked on.
   *
   * @throws {RangeError} If it is called more often than items were put.
   */
  taskDone(): void {
    const exchange = this.#exchange;
    if (exchange.unfinished === 0) {
      throw new RangeError(
        "Cannot mark an item as done: expected at most one call for each item, received one more",
      );
    }
    exchange.finish(1);
  }

  /** Waits until every item that was put is marked as done; not at all when none is left. */
  join(options?: WaitOptions): Promise<void> {
    return waitOn("wait for a queue", this.#exchange.joined, options);
  }

  /**
   * Lets nothing more in. What is in can still be got; who waits to put, and who gets when all is out,
   * rejects with a ClosedError. Closing it again does nothing.
   */
  close(): void {
    this.#shut({ error: () => new ClosedError("Cannot use a queue: it is closed"), orderly: true });
  }

  /**
   * Lets nothing more in and drops what is in: whoever waits, puts or gets rejects with `reason`, or with
   * a ClosedError if there is none. What was got already still has to be marked as done. An abort after
   * `close()` counts.
   */
  abort(reason?: unknown): void {
    const error = (): unknown =>
      reason === undefined ? new ClosedError("Cannot use a queue: it was aborted") : reason;
    const exchange = this.#exchange;
    if (exchange.end?.orderly === false) return;
    const { size } = exchange.store;
    exchange.store = new Deque<T>();
    exchange.shut = undefined;
    this.#shut({ error, orderly: false });
    exchange.finish(Math.min(size, exchange.unfinished));
  }

  #shut(closing: Closing): void {
    const exchange = this.#exchange;
    if (exchange.shut !== undefined) return;
    exchange.stopGiving(closing);
    exchange.stopTaking(closing);
  }

  override stats(): QueueStats {
    const { capacity, store, unfinished, givers, takers } = this.#exchange;
    return Object.freeze({
      capacity,
      size: store.size,
      unfinished,
      putting: givers.length,
      getting: takers.length,
      closed: this.closed,
    });
  }

  /** @internal */
  override get kind(): string {
    return "Queue";
  }

  /** @internal */
  clause(): Clause<T> {
    return takeClause(this.#exchange);
  }

  /** @internal */
  offerClause(item: T): Clause<void> {
    const exchange = this.#exchange;
    return {
      line: exchange.givers,
      payload: new Offer(item),
      take: () => (this.tryPut(item) ? { value: undefined } : undefined),
    };
  }
}
