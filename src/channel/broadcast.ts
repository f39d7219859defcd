import { checkCount, seen } from "../internal/arguments.ts";
import { ClosedError, LaggedError } from "../cancel/errors.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
import { type Audience, Reader, settleAll, waitingAt } from "./reader.ts";

export interface BroadcastOptions extends PrimitiveOptions {
  /** How many values a subscription may have unread: a positive integer, or `Infinity`. */
  capacity: number;
  /**
   * What a subscription does that has missed values: `"error"` (the default) rejects once with a
   * {@link LaggedError}, `"skip"` goes on without a word. Both count them in `missed`.
   */
  onLag?: "error" | "skip" | undefined;
}

/** The figures of a broadcast. */
export interface BroadcastStats {
  readonly capacity: number;
  /** How many values it keeps, since somebody has not read them. */
  readonly size: number;
  readonly subscriptions: number;
  /** How many wait to receive, at all subscriptions. */
  readonly waiting: number;
  readonly closed: boolean;
}

/** The place of one value; the last one is empty, and is where the next value will be. */
interface Slot<T> {
  /** Counts up by one. */
  readonly at: number;
  value: T | undefined;
  next: Slot<T> | undefined;
  /** How many subscriptions read this one next. */
  cursors: number;
}

function slotAt<T>(at: number): Slot<T> {
  return { at, value: undefined, next: undefined, cursors: 0 };
}

/**
 * The values that somebody has yet to read, as a list: at most `capacity`.
 *
 * A subscription is a cursor in it. Since all move forward alone, the values that nobody needs are always
 * the first ones: those before the first slot with a cursor. A slot that is dropped while cursors stand at
 * it, since there are too many, hands them on to the next one; they find out by its number.
 */
class Ring<T> {
  readonly capacity: number;
  readonly skips: boolean;
  readonly audience: Audience = new Set();
  head: Slot<T> = slotAt(0);
  tail: Slot<T> = this.head;
  subscriptions = 0;
  closed = false;

  constructor(capacity: number, skips: boolean) {
    this.capacity = capacity;
    this.skips = skips;
  }

  get size(): number {
    return this.tail.at - this.head.at;
  }

  push(value: T): void {
    const slot = this.tail;
    slot.value = value;
    this.tail = slot.next = slotAt(slot.at + 1);
    if (this.size > this.capacity) this.#drop();
  }

  /** Puts a new cursor at the end. */
  enter(): Slot<T> {
    this.subscriptions++;
    this.tail.cursors++;
    return this.tail;
  }

  /** Takes a cursor from where it is. What it alone has not read goes. */
  leave(slot: Slot<T>): void {
    slot.cursors--;
    while (this.head.cursors === 0 && this.head !== this.tail) this.#drop();
  }

  #drop(): void {
    const slot = this.head;
    this.head = slot.next!;
    this.head.cursors += slot.cursors;
    // A subscription that lags behind still has the slot, and must not keep what follows.
    slot.value = slot.next = undefined;
  }
}

/**
 * One consumer of a {@link Broadcast}: it gets every value that is published from its beginning on, at its
 * own pace. Close it, or let `using` do so, when it is not read any more: it would hold what it has not read.
 */
export class Subscription<T> extends Reader<T, T> {
  readonly #ring: Ring<T>;
  readonly #broadcast: Broadcast<T>;
  /** Where it reads next, or a slot that was dropped: see `#at()`. */
  #slot: Slot<T>;
  #missed = 0;
  /** How many of the missed it was told of. */
  #told = 0;

  /** @internal */
  constructor(broadcast: Broadcast<T>, ring: Ring<T>) {
    super("receive from a broadcast", "broadcast", broadcast, ring.audience);
    this.#broadcast = broadcast;
    this.#ring = ring;
    this.#slot = ring.enter();
  }

  /** How many values are there to be read. */
  get size(): number {
    return Math.max(0, this.#ring.tail.at - this.#at().at);
  }

  /** How many values it has missed so far, because it fell behind. */
  get missed(): number {
    this.#at();
    return this.#missed;
  }

  /**
   * Receives the next value, and waits for one if there is none. Calls that wait at the same time get
   * successive values, in the order of the calls. One that is cancelled took nothing: the value is the next
   * call's.
   *
   * @throws {LaggedError} If values were missed since the last call; the next call goes on with the oldest
   * that is still there. Not with `onLag: "skip"`.
   * @throws {ClosedError} If the broadcast is closed and all is read, or the subscription is closed.
   */
  receive(options?: WaitOptions): Promise<T> {
    return this.wait(options);
  }

  /**
   * Receives the next value if it is there.
   *
   * @returns The value in an object, since a value may be `undefined`.
   * @throws {LaggedError | ClosedError} As `receive()`.
   */
  tryReceive(): { readonly value: T } | undefined {
    return this.tryTake();
  }

  /** A new subscription, which gets what is published from now on. */
  resubscribe(): Subscription<T> {
    return this.#broadcast.subscribe();
  }

  /** @internal */
  protected override take(): { readonly value: T } | undefined {
    const ring = this.#ring;
    const slot = this.#at();
    const missed = this.#missed - this.#told;
    this.#told = this.#missed;
    if (missed > 0 && !ring.skips) throw new LaggedError(missed);
    const { next } = slot;
    if (next === undefined) return undefined;
    const value = slot.value as T;
    this.#slot = next;
    next.cursors++;
    ring.leave(slot);
    return { value };
  }

  /** @internal */
  protected override ended(): boolean {
    return this.#ring.closed && this.#slot === this.#ring.tail;
  }

  /** @internal */
  protected override item(taken: T): T {
    return taken;
  }

  /** @internal */
  protected override left(): void {
    this.#ring.subscriptions--;
    this.#ring.leave(this.#at());
    // A place that is never reached.
    this.#slot = slotAt(Infinity);
  }

  /** Where it reads next: when it has fallen behind, that is the oldest slot. */
  #at(): Slot<T> {
    const { head } = this.#ring;
    const missed = head.at - this.#slot.at;
    if (missed > 0) {
      this.#missed += missed;
      this.#slot = head;
    }
    return this.#slot;
  }
}

/**
 * Tells every value to everybody who has subscribed before. Who publishes never waits: a subscription that
 * has more than `capacity` values unread misses the oldest of them, and is told how many. No other is hurt by
 * that, and what all have read is kept no longer.
 *
 * The rules are those of tokio's broadcast channel, with a capacity that is exact.
 *
 * @example
 * ```ts
 * import { Broadcast } from "corral";
 *
 * const prices = new Broadcast<number>({ capacity: 2, onLag: "skip" });
 * using first = prices.subscribe();
 * using second = prices.subscribe();
 * prices.publish(100);
 * console.log(await first.receive()); // 100
 * prices.publish(101);
 * prices.publish(102);
 * prices.close();
 * for await (const price of second) console.log("second", price);
 * // second 101
 * // second 102
 * console.log(first.size, second.missed); // 2 1
 * ```
 */
export class Broadcast<T> extends Primitive {
  readonly #ring: Ring<T>;

  /** @throws {TypeError | RangeError} If an option is not what it should be. */
  constructor(options: BroadcastOptions) {
    super("create a broadcast", options);
    checkCount("create a broadcast", "capacity", options?.capacity);
    const { capacity, onLag = "error" } = options;
    if (onLag !== "error" && onLag !== "skip") {
      throw new TypeError(
        `Cannot create a broadcast: "onLag" must be "error" or "skip", received ${seen(onLag)}`,
      );
    }
    this.#ring = new Ring(capacity, onLag === "skip");
  }

  get capacity(): number {
    return this.#ring.capacity;
  }

  get closed(): boolean {
    return this.#ring.closed;
  }

  /**
   * Gives a value to every subscription there is; to nobody if there is none.
   *
   * @throws {ClosedError} If it is closed.
   */
  publish(value: T): void {
    const ring = this.#ring;
    // Inside of another publish some may not have got yet what they wait for: they must not miss it.
    if (ring.size === ring.capacity) settleAll(ring.audience);
    if (ring.closed) throw new ClosedError("Cannot publish to a broadcast: it is closed");
    if (ring.subscriptions === 0) return;
    ring.push(value);
    settleAll(ring.audience);
  }

  /** A subscription to what is published from now on; one of a closed broadcast has nothing to read. */
  subscribe(): Subscription<T> {
    return new Subscription(this, this.#ring);
  }

  /**
   * Lets nothing more be published. What is there can still be read; after that `receive()` rejects with
   * a ClosedError, and iterations end. Closing it again does nothing.
   */
  close(): void {
    this.#ring.closed = true;
    settleAll(this.#ring.audience);
  }

  override stats(): BroadcastStats {
    const { capacity, size, subscriptions, audience, closed } = this.#ring;
    const waiting = waitingAt(audience);
    return Object.freeze({ capacity, size, subscriptions, waiting, closed });
  }

  /** @internal */
  override get kind(): string {
    return "Broadcast";
  }
}
