import type { Clause } from "../cancel/clause.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { grantAll, WaitQueue } from "../cancel/wait.ts";
import { Primitive, type PrimitiveOptions } from "./primitive.ts";
import { waitOn } from "./wait-on.ts";

/** The figures of an event. */
export interface AsyncEventStats {
  readonly isSet: boolean;
  readonly waiting: number;
}

const SET = { value: undefined };

/**
 * A flag that callers wait for. Setting it lets go all who wait, in the order in which they came, and
 * whoever comes until it is cleared. Who was let go stays so, even if it is cleared before it goes on.
 *
 * It is asyncio's Event, by another name since the platform has an `Event` already.
 *
 * @example
 * ```ts
 * import { AsyncEvent } from "corral";
 *
 * const ready = new AsyncEvent();
 * const waiting = ready.wait().then(() => console.log("go")); // go
 * ready.set();
 * await waiting;
 * console.log(ready.isSet); // true
 * ```
 */
export class AsyncEvent extends Primitive {
  readonly #line = new WaitQueue<void>("event", this);
  readonly #clause: Clause<void> = {
    line: this.#line,
    take: () => (this.#set ? SET : undefined),
  };
  #set = false;

  /** @throws {TypeError} If the options are no object. */
  constructor(options?: PrimitiveOptions) {
    super("create an event", options);
  }

  get isSet(): boolean {
    return this.#set;
  }

  /** How many wait for it. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Sets it, which lets go all who wait. */
  set(): void {
    this.#set = true;
    grantAll(this.#line, undefined);
  }

  /** Whoever waits from now on waits until it is set again. */
  clear(): void {
    this.#set = false;
  }

  /** Waits until it is set; not at all when it is. */
  wait(options?: WaitOptions): Promise<void> {
    return waitOn("wait for an event", this.#clause, options);
  }

  override stats(): AsyncEventStats {
    return Object.freeze({ isSet: this.#set, waiting: this.#line.length });
  }

  /** @internal */
  override get kind(): string {
    return "AsyncEvent";
  }

  /** @internal */
  clause(): Clause<void> {
    return this.#clause;
  }
}
