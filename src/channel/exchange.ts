import { fail, grant, grantFirst, isWaiting, type Wait, WaitQueue } from "../cancel/wait.ts";
import { areRivals, Candidate } from "./candidate.ts";

/** What holds the items between those who give and those who take. */
export interface Store<T> {
  readonly size: number;
  push(item: T): void;
  /** Takes the next one out. There must be one. */
  shift(): T;
}

/** Somebody waits to give an item. */
export class Offer<T> {
  readonly item: T;
  /** The end that it was offered at, if there are several. */
  readonly end: object | undefined;

  constructor(item: T, end?: object) {
    this.item = item;
    this.end = end;
  }
}

/** Somebody waits for room to give an item later. */
export interface Reservation {
  readonly end: object;
  /** Makes what is granted. */
  readonly slot: () => unknown;
}

/** What those get who iterate, in place of an item, when none comes any more. */
export const END: unique symbol = Symbol("end");

/** Somebody waits to take an item, at one of several ends, or to iterate. */
export interface Taker {
  readonly end: object | undefined;
  /** Whether an orderly end is no error to it but {@link END}. */
  readonly iterates: boolean;
}

/** What everybody is told from some moment on. */
export interface Closing {
  /** Makes what a wait rejects with. */
  readonly error: () => unknown;
  /** Whether it is an orderly end, at which iteration just stops. */
  readonly orderly: boolean;
}

/**
 * Where items go from those who give to those who take: the part that queues and channels share.
 *
 * - Whoever waits to take finds an empty store; whoever waits to give finds no room.
 * - An item goes to the first who waits to take, in the step in which it is given, and the room that it
 *   leaves to the first who waits to give. So nobody overtakes, and nothing is lost to a cancellation.
 * - A place that is reserved counts as taken. Each one who waits to take is room for one item more, which
 *   is all the room there is with a capacity of zero.
 */
export class Exchange<T> {
  store: Store<T>;
  readonly capacity: number;
  readonly givers: WaitQueue;
  readonly takers: WaitQueue<T>;
  /** How many places were given to those who will fill them later. */
  reserved = 0;
  /** Set when nothing is taken in any more. */
  shut: Closing | undefined = undefined;
  /** Set when nothing comes any more, once the store is empty. */
  end: Closing | undefined = undefined;

  constructor(kind: string, store: Store<T>, capacity: number, target: unknown) {
    this.store = store;
    this.capacity = capacity;
    this.givers = new WaitQueue(`${kind} room`, target, (wait) => this.left(wait));
    this.takers = new WaitQueue<T>(`${kind} item`, target);
  }

  /** Called when an item was taken in. */
  accepted(): void {}

  /** Called when one who waited to give was cancelled. */
  left(_wait: Wait): void {}

  /** Ends the wait of one whose item is not taken in: it is closed, or the store's order threw. */
  refused(wait: Wait, error: unknown): void {
    fail(wait, error);
  }

  hasRoom(): boolean {
    return this.store.size + this.reserved < this.capacity + this.takers.length;
  }

  /** Takes an item in if there is room. */
  offer(item: T): boolean {
    while (this.hasRoom()) {
      const taker = this.takers.first;
      if (taker === undefined) this.store.push(item);
      else if (!grant(taker, item)) continue;
      this.accepted();
      return true;
    }
    return false;
  }

  /** Gives the next item out if there is one. */
  take(): { readonly value: T } | undefined {
    const { store, givers } = this;
    if (store.size > 0) {
      const value = store.shift();
      if (givers.first !== undefined) this.refill();
      return { value };
    }
    for (let giver = givers.first; giver !== undefined; giver = givers.first) {
      const { payload } = giver;
      // Who waits to reserve a place gives nothing yet; and others wait already for those who have.
      if (this.#takerFor(giver) !== undefined) return undefined;
      if (!(payload instanceof Offer)) return undefined;
      if (!grant(giver, undefined)) continue;
      this.accepted();
      return { value: payload.item as T };
    }
    return undefined;
  }

  /** Lets those who wait to give go on while there is room. */
  refill(): void {
    while (this.hasRoom() && this.#admitOne());
  }

  /** The first who waits to take, and is not the same `select` that waits to give. */
  #takerFor(giver: Wait): Wait<T> | undefined {
    let taker = this.takers.first;
    while (taker !== undefined && areRivals(giver, taker as Wait)) taker = taker.next;
    return taker;
  }

  /** Lets the first go on who can. A `select` that waits to give and to take does not deal with itself. */
  #admitOne(): boolean {
    for (let giver = this.givers.first; giver !== undefined; giver = giver.next) {
      const own = giver instanceof Candidate ? giver.rivalsIn(this.takers as WaitQueue) : 0;
      const { size } = this.store;
      const taker = own > 0 ? this.#takerFor(giver) : this.takers.first;
      if (taker !== undefined && !isWaiting(taker)) return true;
      const room = this.capacity + this.takers.length - own - size - this.reserved;
      if (room > 0) {
        this.#admit(giver, taker);
        return true;
      }
      if (own === 0) return false;
    }
    return false;
  }

  #admit(giver: Wait, taker: Wait<T> | undefined): void {
    const { payload } = giver;
    if (!(payload instanceof Offer)) {
      this.reserved++;
      if (!grant(giver, (payload as Reservation).slot())) this.reserved--;
      return;
    }
    if (!isWaiting(giver) || taker?.pending === false) return;
    const item = payload.item as T;
    if (taker === undefined) {
      try {
        this.store.push(item);
      } catch (error) {
        this.refused(giver, error);
        return;
      }
    }
    grant(giver, undefined);
    this.accepted();
    // A loser of a select may have been told meanwhile, and have had the taker cancelled.
    if (taker !== undefined && !grant(taker, item)) this.#pass(item);
  }

  /** Gives an item that was taken in to the first who waits, or keeps it. */
  #pass(item: T): void {
    if (!grantFirst(this.takers, item)) this.store.push(item);
  }

  /** Fills a place that was reserved. */
  fill(item: T): void {
    this.reserved--;
    this.accepted();
    // The one for whom the place was reserved may have left: the next one gets it.
    this.#pass(item);
    this.settle();
  }

  /** Takes nothing in from now on: those who wait to give are told. */
  stopGiving(closing: Closing): void {
    this.shut = closing;
    const { givers } = this;
    for (let giver = givers.first; giver !== undefined; giver = givers.first) {
      this.refused(giver, closing.error());
    }
  }

  /** Nothing comes any more: those who wait to take are told, now or when all is out. */
  stopTaking(closing: Closing): void {
    this.end = closing;
    this.settle();
  }

  /** Why nothing comes any more, if nothing does. */
  ended(): Closing | undefined {
    return this.store.size === 0 && this.reserved === 0 ? this.end : undefined;
  }

  /** To be called when the last item may have gone. */
  settle(): void {
    const closing = this.ended();
    if (closing === undefined) return;
    const { takers } = this;
    for (let taker = takers.first; taker !== undefined; taker = takers.first) {
      const iterates = (taker.payload as Taker | undefined)?.iterates === true;
      if (iterates && closing.orderly) grant(taker as Wait, END);
      else fail(taker, closing.error());
    }
  }
}
