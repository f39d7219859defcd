import { cancellable, type CancelScope, moveOnAfter, shield } from "../index.ts";
import type { DbDriver } from "./driver.ts";
import { report } from "./report.ts";

/** How a query has ended. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Asking again comes after so many milliseconds, and then after twice as many each time. */
const ASK_AGAIN_MS = 25;

/** The one query that a connection runs at a time, and how it is ended. */
export class QuerySlot {
  /** Whether a query was ended from outside since the last reset: a request of that time may come late. */
  interrupted = false;
  /** Why nothing more can be asked: a query that was to end has not. */
  stuck: unknown = undefined;
  readonly #driver: DbDriver;
  readonly #connection: unknown;
  readonly #cancelTimeoutMs: number;
  /** It never rejects. */
  #running: Promise<Outcome<unknown>> | undefined = undefined;
  #stopping: Promise<void> | undefined = undefined;
  /** The query that ran when its user let go of the connection. */
  #left: Promise<unknown> | undefined = undefined;

  constructor(driver: DbDriver, connection: unknown, cancelTimeoutMs: number) {
    this.#driver = driver;
    this.#connection = connection;
    this.#cancelTimeoutMs = cancelTimeoutMs;
  }

  begin<T>(start: () => Promise<T>): Promise<Outcome<T>> {
    const ended = (outcome: Outcome<T>): Outcome<T> => {
      this.#running = undefined;
      return outcome;
    };
    let work: Promise<Outcome<T>>;
    try {
      work = start().then(
        (value) => ended({ value }),
        (error: unknown) => ended({ error }),
      );
    } catch (error) {
      return Promise.resolve({ error });
    }
    this.#running = work;
    return work;
  }

  /** Whether it was ended since nobody holds the connection any more. */
  wasLeft(work: Promise<unknown>): boolean {
    return work === this.#left;
  }

  /** Ends the query that runs, if one does: whoever waits for it has let go of the connection. */
  leave(): Promise<void> | undefined {
    if (this.#running === undefined) return undefined;
    this.#left = this.#running;
    return this.stop();
  }

  /**
   * Has the server end what runs, and waits until both have settled, the query and the request. It is asked again
   * while the query goes on, since a request may come before the query is there.
   */
  stop(): Promise<void> | undefined {
    const running = this.#running;
    if (running === undefined) return undefined;
    // What could not be ended is not tried again.
    if (this.stuck !== undefined) return this.#stopping;
    this.#stopping ??= this.#end(running).finally(() => {
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  /**
   * Ends a query whose caller has been cancelled.
   *
   * @returns Whether it still ran, and what it has failed with: nobody else is told, and it may have ended the
   * transaction that it was in.
   */
  async interrupt(
    work: Promise<Outcome<unknown>>,
  ): Promise<{ readonly ran: boolean; readonly failure?: { readonly error: unknown } }> {
    const stopping = this.stop();
    await stopping;
    const ran = stopping !== undefined;
    // One that could not be ended may never settle.
    const outcome = this.stuck === undefined ? await work : undefined;
    return outcome !== undefined && "error" in outcome ? { ran, failure: outcome } : { ran };
  }

  async #end(running: Promise<unknown>): Promise<void> {
    this.interrupted = true;
    this.stuck = new Error("a cancelled query has not ended");
    try {
      await shield(({ signal }) => this.#ask(running, signal), {
        timeoutMs: this.#cancelTimeoutMs,
        name: "cancel",
      });
      this.stuck = undefined;
    } catch (error) {
      report(
        "warning",
        "query-not-cancelled",
        `A query of ${this.#driver.name} was not ended in time, and its connection is closed: ${String(error)}`,
        error,
      );
    }
  }

  async #ask(running: Promise<unknown>, signal: AbortSignal): Promise<void> {
    const driver = this.#driver;
    const settled = (scope: { readonly signal: AbortSignal }): Promise<unknown> =>
      cancellable(running, { signal: scope.signal });
    for (let pauseMs = ASK_AGAIN_MS; this.#running === running; pauseMs *= 2) {
      if (driver.cancel === undefined) {
        await settled({ signal });
        return;
      }
      await cancellable(driver.cancel(this.#connection, signal), { signal });
      await moveOnAfter(pauseMs, (scope: CancelScope) => settled(scope), { signal });
    }
  }
}
