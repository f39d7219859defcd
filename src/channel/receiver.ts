import { seen } from "../internal/arguments.ts";
import { rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { Primitive } from "../sync/primitive.ts";
import { type ChannelStats, closedError, type Conduit, THIS_END } from "./conduit.ts";
import type { Taker } from "./exchange.ts";
import { Items, takeClause, takeFrom, tryTake } from "./take.ts";

const RECEIVE = "receive from a channel";

/** A receiving end of a channel. Each item goes to one of those that receive. */
export class Receiver<T> extends Primitive implements Disposable, AsyncIterable<T> {
  readonly #conduit: Conduit<T>;
  readonly #taker: Taker = { end: this, iterates: false };
  readonly #check = (): void => {
    if (this.#closed) throw closedError(THIS_END);
  };
  #closed = false;

  /** @internal */
  constructor(conduit: Conduit<T>) {
    super("open a channel", conduit);
    this.#conduit = conduit;
    conduit.receivers++;
  }

  /**
   * Receives the next item, and waits for one if there is none, in the order of the calls. An item that
   * a wait was given is its caller's, also when that is cancelled in the same moment.
   *
   * @throws {ClosedError} If this end is closed; if all that send are closed and nothing is left.
   */
  receive(options?: WaitOptions): Promise<T> {
    if (this.#closed) return rejected(closedError(THIS_END));
    return takeFrom(RECEIVE, this.#conduit, options, this.#taker);
  }

  /**
   * Receives the next item if there is one.
   *
   * @returns The item in an object, since an item may be `undefined`.
   * @throws {ClosedError} As `receive()`.
   */
  tryReceive(): { readonly value: T } | undefined {
    this.#check();
    return tryTake(this.#conduit);
  }

  /** The items as they come, for `for await`. It ends when all that send are closed; `break` closes nothing. */
  values(options?: WaitOptions): AsyncIterableIterator<T, undefined> {
    return new Items(RECEIVE, this.#conduit, options, this, this.#check);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    return this.values();
  }

  /**
   * Another receiving end of the same channel.
   *
   * @throws {ClosedError} If this end is closed.
   */
  clone(): Receiver<T> {
    this.#check();
    return new Receiver(this.#conduit);
  }

  /** Whether this end is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether nothing comes any more: this end is closed, or all that send are, and all is received. */
  get ended(): boolean {
    return this.#closed || this.#conduit.ended() !== undefined;
  }

  /**
   * Closes this end: what waits to receive at it rejects with a ClosedError. When all receiving ends are
   * closed, whoever sends is told so, and what is in the channel goes to `onUndelivered`. Closing it
   * again does nothing.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conduit.receiverClosed(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal An item that was received for nobody. */
  undelivered(item: T): void {
    this.#conduit.undelivered(item);
  }

  /** @internal `fn` is called when the last receiving end has closed. */
  whenAbandoned(fn: () => void): void {
    this.#conduit.abandoned = fn;
  }

  override stats(): ChannelStats {
    return this.#conduit.stats();
  }

  /** @internal */
  override get kind(): string {
    return "Receiver";
  }

  /** @internal */
  clause(): Clause<T> {
    return takeClause(this.#conduit, this.#taker, this.#check);
  }
}

/** @throws {TypeError} If it is no receiving end. */
export function checkReceiver(action: string, receiver: unknown): void {
  if (!(receiver instanceof Receiver)) {
    throw new TypeError(
      `Cannot ${action}: "receiver" must be the receiving end of a channel, received ${seen(receiver)}`,
    );
  }
}
