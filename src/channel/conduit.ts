import { Deque } from "../internal/deque.ts";
import { callback } from "../cancel/callback.ts";
import { ClosedError } from "../cancel/errors.ts";
import { fail, grant, type Wait, type WaitQueue } from "../cancel/wait.ts";
import { Candidate } from "./candidate.ts";
import { END, Exchange, Offer, type Taker } from "./exchange.ts";

/** What `send()` does when the channel is full. */
export type Overflow = "wait" | "dropOldest" | "dropNewest" | "conflate";

/** The figures of a channel. */
export interface ChannelStats {
  readonly capacity: number;
  /** How many items it holds. */
  readonly size: number;
  /** How many places are reserved and not filled yet. */
  readonly reserved: number;
  /** How many sending ends are open. */
  readonly senders: number;
  /** How many receiving ends are open. */
  readonly receivers: number;
  /** How many wait to send or to reserve. */
  readonly sending: number;
  /** How many wait to receive. */
  readonly receiving: number;
}

export const THIS_END = "this end is closed";

export function closedError(why: string): ClosedError {
  return new ClosedError(`Cannot use a channel: ${why}`);
}

/** The middle of a channel: what its ends have in common. */
export class Conduit<T> extends Exchange<T> {
  readonly name: string | undefined;
  readonly overflow: Overflow;
  readonly onUndelivered: ((item: T) => unknown) | undefined;
  /** How many sending ends are open. */
  senders = 0;
  /** How many receiving ends are open. */
  receivers = 0;
  /** What a sending end has failed with, the first that has. */
  failure: { readonly error: unknown } | undefined = undefined;
  /** Called when the last receiving end has closed: for a source that is to stop then. */
  abandoned: (() => void) | undefined = undefined;

  constructor(
    capacity: number,
    overflow: Overflow,
    onUndelivered: ((item: T) => unknown) | undefined,
    name: string | undefined,
  ) {
    super("channel", new Deque<T>(), capacity, { name });
    this.name = name;
    this.overflow = overflow;
    this.onUndelivered = onUndelivered;
  }

  stats(): ChannelStats {
    return Object.freeze({
      capacity: this.capacity,
      size: this.store.size,
      reserved: this.reserved,
      senders: this.senders,
      receivers: this.receivers,
      sending: this.givers.length,
      receiving: this.takers.length,
    });
  }

  /** Tells of an item that was sent and that nobody will receive. */
  undelivered(item: T): void {
    const { onUndelivered } = this;
    if (onUndelivered !== undefined) callback("onUndelivered", () => onUndelivered(item));
  }

  override left({ payload }: Wait): void {
    if (payload instanceof Offer) this.undelivered(payload.item as T);
  }

  override refused(wait: Wait, error: unknown): void {
    // What a select did not send is still its caller's.
    if (fail(wait, error) && !(wait instanceof Candidate)) this.left(wait);
  }

  /**
   * Takes an item in, if need be in place of another.
   *
   * @returns Whether it found room, or none was needed.
   */
  send(item: T): boolean {
    if (this.offer(item)) return true;
    if (this.overflow === "wait") return false;
    if (this.overflow === "dropNewest") {
      this.undelivered(item);
      return true;
    }
    // All room is reserved, and nothing is there to be dropped.
    if (this.store.size === 0) return false;
    const oldest = this.store.shift();
    this.store.push(item);
    this.undelivered(oldest);
    return true;
  }

  override fill(item: T): void {
    super.fill(item);
    this.#dropForWaiting();
  }

  /** Lets those go on who waited for something that they may drop. */
  #dropForWaiting(): void {
    if (this.overflow === "wait") return;
    const dropped: T[] = [];
    for (const giver of waitsOf(this.givers)) {
      if (this.store.size === 0) break;
      if (!(giver.payload instanceof Offer) || !grant(giver, undefined)) continue;
      dropped.push(this.store.shift());
      this.store.push(giver.payload.item as T);
    }
    for (const one of dropped) this.undelivered(one);
  }

  /** A place that was reserved is given back. */
  release(): void {
    this.reserved--;
    this.refill();
    this.#dropForWaiting();
    this.settle();
  }

  /** A sending end has closed. Its own waits end; after the last one nothing comes any more. */
  senderClosed(end: object, failure: Conduit<T>["failure"]): void {
    for (const wait of waitsOf(this.givers, end)) this.refused(wait, closedError(THIS_END));
    this.failure ??= failure;
    this.senders--;
    if (this.senders > 0) return;
    const orderly = this.failure === undefined;
    const error = (): unknown =>
      orderly ? closedError("all that send are closed") : this.failure!.error;
    this.stopTaking({ error, orderly });
  }

  /** A receiving end has closed. Its own waits end; after the last one nothing is taken in any more. */
  receiverClosed(end: object): void {
    for (const wait of waitsOf(this.takers, end)) {
      if ((wait.payload as Taker).iterates) grant(wait as Wait, END);
      else fail(wait, closedError(THIS_END));
    }
    this.receivers--;
    if (this.receivers > 0) return;
    this.shut = { error: () => closedError("all that receive are closed"), orderly: true };
    while (this.store.size > 0) this.undelivered(this.store.shift());
    this.stopGiving(this.shut);
    this.abandoned?.();
  }
}

/** The waits of a line as they are now: all, or those that were begun at one end. */
function waitsOf<W>(line: WaitQueue<W>, end?: object): Wait<W>[] {
  const waits: Wait<W>[] = [];
  for (let wait = line.first; wait !== undefined; wait = wait.next) {
    if (end === undefined || (wait.payload as { end: object }).end === end) waits.push(wait);
  }
  return waits;
}
