import { checkFunction, checkOptions, isThenable } from "../internal/arguments.ts";
import { ready, rejected } from "../internal/budget.ts";
import { ClosedError } from "../cancel/errors.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { refused } from "../cancel/tree.ts";
import {
  fail,
  grant,
  isWaiting,
  park,
  placeOf,
  refusal,
  type Wait,
  WaitQueue,
} from "../cancel/wait.ts";
import { Primitive, type PrimitiveOptions } from "../sync/primitive.ts";
import { type Audience, Reader, settleAll, waitingAt } from "./reader.ts";

export interface WatchOptions<T> extends PrimitiveOptions {
  /** Tells when two values count as the same: setting such a one does nothing. By default every set counts. */
  equals?: ((a: T, b: T) => boolean) | undefined;
}

/** The figures of a watch. */
export interface WatchStats {
  /** How often it was set. */
  readonly version: number;
  /** How many wait, in `waitFor()` and at all readers. */
  readonly waiting: number;
  readonly closed: boolean;
}

/** A value, and how many sets it came after. */
interface Version<T> {
  readonly value: T;
  readonly version: number;
}

/** What a watch and its readers share. */
class Cell<T> {
  readonly audience: Audience = new Set();
  current: Version<T>;
  closed = false;

  constructor(value: T) {
    this.current = { value, version: 0 };
  }
}

const SEEN = { value: undefined };

/**
 * One consumer of a {@link Watch}, who looks at the latest value when there is a new one. What is set
 * while nobody looks is not queued up: the last value counts.
 *
 * A set ends one wait of a reader, so each consumer takes a reader of its own.
 */
export class WatchReader<T> extends Reader<T, void> {
  readonly #cell: Cell<T>;
  #seen: number;

  /** @internal */
  constructor(watch: Watch<T>, cell: Cell<T>) {
    super("wait for a change", "watch", watch, cell.audience);
    this.#cell = cell;
    this.#seen = cell.current.version;
  }

  /** The latest value, which counts as seen now. */
  get value(): T {
    const { value, version } = this.#cell.current;
    this.#seen = version;
    return value;
  }

  /** Whether it was set since this reader has last seen it. */
  get hasChanged(): boolean {
    return this.#seen !== this.#cell.current.version;
  }

  /**
   * Waits until it is set; not at all if it was since this reader has last seen it. It counts as seen then.
   * One that is cancelled has seen nothing.
   *
   * @throws {ClosedError} If the watch is closed and its last value is seen, or the reader is closed.
   */
  changed(options?: WaitOptions): Promise<void> {
    return this.wait(options);
  }

  /** @internal */
  protected override take(): { readonly value: undefined } | undefined {
    if (!this.hasChanged) return undefined;
    this.#seen = this.#cell.current.version;
    return SEEN;
  }

  /** @internal */
  protected override ended(): boolean {
    return this.#cell.closed && !this.hasChanged;
  }

  /** @internal */
  protected override item(): T {
    return this.value;
  }
}

const SET = "set a watch";
const WAIT = "wait for a value";

/** Somebody waits for a value of which this is true, and was asked about that version already. */
interface Question<T> {
  readonly predicate: (value: T) => boolean;
  readonly asked: number;
}

function closedError(action: string): ClosedError {
  return new ClosedError(`Cannot ${action}: it is closed`);
}

function holds<T>(predicate: (value: T) => boolean, value: T): boolean {
  const answer: unknown = predicate(value);
  // A promise is always truthy: nobody means that.
  if (isThenable(answer)) {
    throw new TypeError(`Cannot ${WAIT}: "predicate" must return a value, received a promise`);
  }
  return Boolean(answer);
}

/**
 * A value that changes, and those who want to know: each reader sees the latest, and waits for one that it
 * has not seen; `waitFor()` waits for a certain one, and misses none.
 *
 * The rules are those of tokio's watch channel.
 *
 * @example
 * ```ts
 * import { Watch } from "corral";
 *
 * const state = new Watch("starting");
 * const reader = state.subscribe();
 * const ready = state.waitFor((value) => value === "ready");
 * state.set("ready");
 * state.set("busy");
 * console.log(await ready); // ready
 * await reader.changed();
 * console.log(reader.value, reader.hasChanged); // busy false
 * ```
 */
export class Watch<T> extends Primitive {
  readonly #cell: Cell<T>;
  readonly #line = new WaitQueue<T>("watch", this);
  readonly #equals: ((a: T, b: T) => boolean) | undefined;
  /** What those who wait are to be asked about, while they are being asked. */
  readonly #rounds: Version<T>[] = [];

  /** @throws {TypeError} If an option is not what it should be. */
  constructor(initial: T, options?: WatchOptions<NoInfer<T>>) {
    super("create a watch", options);
    const equals = options?.equals;
    if (equals !== undefined) checkFunction("create a watch", "equals", equals);
    this.#equals = equals;
    this.#cell = new Cell(initial);
  }

  /** The latest value, also when it is closed. */
  get value(): T {
    return this.#cell.current.value;
  }

  get closed(): boolean {
    return this.#cell.closed;
  }

  /**
   * Sets the value, and tells all who wait. A `set()` from inside of a predicate takes effect at once, and
   * those who wait are asked about it when all were asked about the one before.
   *
   * @throws {ClosedError} If it is closed.
   */
  set(value: T): void {
    const cell = this.#cell;
    const same = this.#equals?.(cell.current.value, value) === true;
    if (cell.closed) throw closedError(SET);
    if (same) return;
    cell.current = { value, version: cell.current.version + 1 };
    const first = this.#rounds.push(cell.current) === 1;
    settleAll(cell.audience);
    if (first) this.#ask();
  }

  /**
   * Sets the value to what `fn` makes of the latest one. What `fn` throws is thrown, and nothing is set.
   *
   * @throws {ClosedError} If it is closed.
   */
  update(fn: (value: T) => T): void {
    checkFunction("update a watch", "fn", fn);
    if (this.#cell.closed) throw closedError(SET);
    this.set(fn(this.value));
  }

  /**
   * Waits for a value of which `predicate` is true. It is asked at once, then inside of each `set()`, in the
   * order of the calls and in the async context of who sets. So no value is missed, and the one it was true
   * of is given, also if another was set in the same moment.
   *
   * @throws {ClosedError} If it is closed, and the predicate is not true of the last value.
   * @throws What `predicate` throws.
   */
  waitFor<S extends T>(predicate: (value: T) => value is S, options?: WaitOptions): Promise<S>;
  waitFor(predicate: (value: T) => boolean, options?: WaitOptions): Promise<T>;
  waitFor(predicate: (value: T) => boolean, options?: WaitOptions): Promise<T> {
    try {
      checkFunction(WAIT, "predicate", predicate);
      checkOptions(WAIT, options);
      const signal = options?.signal;
      const place = placeOf(signal);
      const no = refusal(place, signal);
      if (no !== undefined) return no;
      const cell = this.#cell;
      let asked: Version<T>;
      do {
        asked = cell.current;
        if (holds(predicate, asked.value)) return ready(asked.value);
        // The predicate itself may have set it,
      } while (asked !== cell.current);
      // or have cancelled the one it asks for.
      const late = refusal(place, signal);
      if (late !== undefined) return late;
      if (cell.closed) throw closedError(WAIT);
      const question: Question<T> = { predicate, asked: asked.version };
      return park(this.#line, place, signal, question).promise;
    } catch (error) {
      return rejected(error);
    }
  }

  /** A reader for one consumer, to whom the value of this moment is nothing new. */
  subscribe(): WatchReader<T> {
    return new WatchReader(this, this.#cell);
  }

  /**
   * Lets nothing more be set. A reader that has not seen the last value is told so once; after that it gets
   * a ClosedError, and iterations end. Closing it again does nothing.
   */
  close(): void {
    const cell = this.#cell;
    cell.closed = true;
    settleAll(cell.audience);
    if (this.#rounds.length === 0) this.#ask();
  }

  /** Asks those who wait about each set in turn, also about sets that are made meanwhile. */
  #ask(): void {
    const rounds = this.#rounds;
    for (const { value, version } of rounds) {
      for (const wait of this.#waits()) {
        const { predicate, asked } = wait.payload as Question<T>;
        if (asked >= version || !isWaiting(wait)) continue;
        try {
          if (holds(predicate, value)) grant(wait, value);
        } catch (error) {
          // Not by `fail`: what a predicate throws is a failure that somebody has to handle.
          grant(wait, refused(error), true);
        }
      }
    }
    rounds.length = 0;
    if (!this.#cell.closed) return;
    for (const wait of this.#waits()) fail(wait, closedError(WAIT));
  }

  /** Those who wait now, since a predicate may end any wait. */
  #waits(): Wait<T>[] {
    const waits: Wait<T>[] = [];
    for (let wait = this.#line.first; wait !== undefined; wait = wait.next) waits.push(wait);
    return waits;
  }

  override stats(): WatchStats {
    const { audience, current, closed } = this.#cell;
    const waiting = this.#line.length + waitingAt(audience);
    return Object.freeze({ version: current.version, waiting, closed });
  }

  /** @internal */
  override get kind(): string {
    return "Watch";
  }
}
