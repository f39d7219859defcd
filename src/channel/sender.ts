import { checkOptions } from "../internal/arguments.ts";
import { passed, ready, rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { park, placeOf, refusal } from "../cancel/wait.ts";
import { Primitive } from "../sync/primitive.ts";
import { type ChannelStats, closedError, type Conduit, THIS_END } from "./conduit.ts";
import { Offer, type Reservation } from "./exchange.ts";

const SEND = "send to a channel";
const RESERVE = "reserve a place in a channel";

/**
 * A place in a channel for an item to come. It is used once: by `send()`, or given back by `release()`
 * or by disposal, which do nothing after that.
 */
export class ChannelSlot<T> implements Disposable {
  #conduit: Conduit<T> | undefined;

  /** @internal */
  constructor(conduit: Conduit<T>) {
    this.#conduit = conduit;
  }

  /**
   * Fills the place, without waiting; also when its sending end has closed meanwhile.
   *
   * @throws {TypeError} If it was used already.
   * @throws {ClosedError} If all that receive have closed meanwhile.
   */
  send(item: T): void {
    const conduit = this.#conduit;
    if (conduit === undefined) {
      throw new TypeError(`Cannot ${SEND}: expected a reserved place, received one that was used`);
    }
    this.#conduit = undefined;
    if (conduit.shut === undefined) {
      conduit.fill(item);
      return;
    }
    conduit.release();
    conduit.undelivered(item);
    throw conduit.shut.error();
  }

  /** Gives the place back. */
  release(): void {
    const conduit = this.#conduit;
    this.#conduit = undefined;
    conduit?.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/**
 * A sending end of a channel. What it was given is the channel's: an item that is not received after
 * all, be it that `send()` rejects, goes to `onUndelivered`.
 */
export class Sender<T> extends Primitive implements Disposable {
  readonly #conduit: Conduit<T>;
  #closed = false;

  /** @internal */
  constructor(conduit: Conduit<T>) {
    super("open a channel", conduit);
    this.#conduit = conduit;
    conduit.senders++;
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError(THIS_END);
    const { shut } = this.#conduit;
    if (shut !== undefined) throw shut.error();
  }

  /**
   * Sends an item, and waits for room if there is none, in the order of the calls. Without capacity it
   * waits until somebody receives it.
   *
   * @throws {ClosedError} If this end or all that receive are closed, be it while this waits.
   */
  send(item: T, options?: WaitOptions): Promise<void> {
    const conduit = this.#conduit;
    let place;
    let signal;
    try {
      checkOptions(SEND, options);
      signal = options?.signal;
      place = placeOf(signal);
    } catch (error) {
      return rejected(error);
    }
    const no = refusal(place, signal);
    if (no === undefined && !this.closed) {
      if (conduit.send(item)) return passed();
      const offer = new Offer(item, this);
      return park(conduit.givers, place, signal, offer).promise as Promise<void>;
    }
    conduit.undelivered(item);
    if (no !== undefined) return no;
    try {
      return Promise.resolve(this.#checkOpen());
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Sends an item if it need not wait.
   *
   * @returns Whether it was sent. If not, the item is still the caller's.
   * @throws {ClosedError} If this end or all that receive are closed.
   */
  trySend(item: T): boolean {
    this.#checkOpen();
    const conduit = this.#conduit;
    return conduit.overflow === "dropNewest" ? conduit.offer(item) : conduit.send(item);
  }

  /** @internal Sends what cannot wait; whatever does not go in is undelivered. */
  push(item: T): void {
    if (!this.closed) this.#conduit.send(item);
  }

  /**
   * Waits for room and keeps it, so that what is to be sent can be made when it is sure to be taken.
   *
   * @throws {ClosedError} If this end or all that receive are closed, be it while this waits.
   */
  reserve(options?: WaitOptions): Promise<ChannelSlot<T>> {
    try {
      checkOptions(RESERVE, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const slot = this.tryReserve();
      if (slot !== undefined) return ready(slot);
      const conduit = this.#conduit;
      const reservation: Reservation = { end: this, slot: () => new ChannelSlot(conduit) };
      return park(conduit.givers, place, signal, reservation).promise as Promise<never>;
    } catch (error) {
      return rejected(error);
    }
  }

  /**
   * Keeps a place if there is room.
   *
   * @throws {ClosedError} If this end or all that receive are closed.
   */
  tryReserve(): ChannelSlot<T> | undefined {
    this.#checkOpen();
    const conduit = this.#conduit;
    if (!conduit.hasRoom()) return undefined;
    conduit.reserved++;
    return new ChannelSlot(conduit);
  }

  /**
   * Another sending end of the same channel.
   *
   * @throws {ClosedError} If this end is closed.
   */
  clone(): Sender<T> {
    if (this.#closed) throw closedError(THIS_END);
    return new Sender(this.#conduit);
  }

  /** Whether sending is over: this end is closed, or all that receive are. */
  get closed(): boolean {
    return this.#closed || this.#conduit.shut !== undefined;
  }

  /**
   * Closes this end: what waits to be sent at it rejects with a ClosedError. When all sending ends are
   * closed, and all is received, whoever receives is told so: iteration ends, `receive()` rejects with a
   * ClosedError. With a `reason` both reject with that. Closing it again does nothing.
   */
  close(reason?: unknown): void {
    this.end(reason === undefined ? undefined : { error: reason });
  }

  /** @internal */
  end(failure: { readonly error: unknown } | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conduit.senderClosed(this, failure);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  override stats(): ChannelStats {
    return this.#conduit.stats();
  }

  /** @internal */
  override get kind(): string {
    return "Sender";
  }

  /** @internal */
  offerClause(item: T): Clause<void> {
    const conduit = this.#conduit;
    return {
      line: conduit.givers,
      payload: new Offer(item, this),
      take: () => {
        this.#checkOpen();
        return conduit.send(item) ? { value: undefined } : undefined;
      },
    };
  }
}
