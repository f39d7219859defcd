import { checkOptions } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import type { Clause } from "../cancel/clause.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { park, placeOf, refusal } from "../cancel/wait.ts";
import { END, type Exchange, type Taker } from "./exchange.ts";

/** Takes the next item if it is there. */
export function tryTake<T>(exchange: Exchange<T>): { readonly value: T } | undefined {
  const closing = exchange.ended();
  if (closing !== undefined) throw closing.error();
  return exchange.take();
}

/** Waits for the next item. `taker` is what its wait is known by. */
export function takeFrom<T>(
  action: string,
  exchange: Exchange<T>,
  options: WaitOptions | undefined,
  taker?: Taker,
): Promise<T> {
  try {
    checkOptions(action, options);
    const signal = options?.signal;
    const place = placeOf(signal);
    const no = refusal(place, signal);
    if (no !== undefined) return no;
    const found = tryTake(exchange);
    if (found !== undefined) return ready(found.value);
    const wait = park(exchange.takers, place, signal, taker);
    // Each taker is room for one who reserves.
    if (exchange.givers.first !== undefined) exchange.refill();
    return wait.promise;
  } catch (error) {
    return rejected(error);
  }
}

/** To be one clause of a `select`. */
export function takeClause<T>(exchange: Exchange<T>, taker?: Taker, check?: () => void): Clause<T> {
  return {
    line: exchange.takers,
    payload: taker,
    take: () => {
      check?.();
      return tryTake(exchange);
    },
    begun: () => exchange.refill(),
  };
}

const OVER = { value: undefined, done: true } as const;

/** The items of an exchange as `for await` wants them. It ends when nothing comes any more. */
export class Items<T> implements AsyncIterableIterator<T, undefined> {
  readonly #exchange: Exchange<T>;
  readonly #options: WaitOptions | undefined;
  readonly #taker: Taker;
  readonly #check: () => void;
  /** `new` → `reading` → `over`. */
  #state: "new" | "reading" | "over" = "new";

  constructor(
    action: string,
    exchange: Exchange<T>,
    options: WaitOptions | undefined,
    end?: object,
    check: () => void = () => {},
  ) {
    checkOptions(action, options);
    this.#exchange = exchange;
    this.#options = options;
    this.#taker = { end, iterates: true };
    this.#check = check;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    try {
      const exchange = this.#exchange;
      // A loop just ends at an end that is closed in it; to begin at one is an error.
      if (this.#state === "new") this.#check();
      else if (this.#isClosed()) this.#state = "over";
      if (this.#state === "over" || exchange.ended()?.orderly === true) {
        this.#state = "over";
        return ready(OVER);
      }
      this.#state = "reading";
      const signal = this.#options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const found = tryTake(exchange);
      if (found !== undefined) return ready({ value: found.value, done: false });
      const wait = park(exchange.takers, place, signal, this.#taker);
      if (exchange.givers.first !== undefined) exchange.refill();
      const result = wait.promise.then((value): IteratorResult<T, undefined> => {
        if ((value as unknown) !== END) return { value, done: false };
        this.#state = "over";
        return OVER;
      });
      wait.promise = result as never;
      return result;
    } catch (error) {
      return rejected(error);
    }
  }

  /** Whether the end that it reads is closed. */
  #isClosed(): boolean {
    const { end } = this.#taker;
    return end !== undefined && "closed" in end && end.closed === true;
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#state = "over";
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
