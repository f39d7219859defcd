import { checkCount, checkInteger, checkOptions } from "../internal/arguments.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { grantAll, park, WaitQueue } from "../cancel/wait.ts";
import { type Audience, Reader, settleAll } from "../channel/reader.ts";
import { Inlet, type Step } from "./inlet.ts";
import { type ItemStream, Outlet } from "./outlet.ts";
import { Pump } from "./pump.ts";
import { sourceOf, type StreamSource } from "./source.ts";

export interface TeeOptions extends WaitOptions {
  /**
   * How many items the fastest branch may be ahead of the slowest one: a positive integer, or `Infinity`.
   * Branches that are read one after the other, and not at the same time, need one of the whole length.
   */
  capacity: number;
}

/** So many branches: a tuple where there are few. */
export type Branches<T, N extends number> = N extends 1
  ? [ItemStream<T>]
  : N extends 2
    ? [ItemStream<T>, ItemStream<T>]
    : N extends 3
      ? [ItemStream<T>, ItemStream<T>, ItemStream<T>]
      : N extends 4
        ? [ItemStream<T>, ItemStream<T>, ItemStream<T>, ItemStream<T>]
        : ItemStream<T>[];

const TEE = "tee";

/** A place in the line of items; the last one has no item yet. */
class Place<T> {
  step: Step<T> | undefined = undefined;
  /** How many branches have yet to take it. */
  left = 0;
  next: Place<T> | undefined = undefined;
}

/**
 * The items that some branch has yet to take. Each branch holds on to the place of its next one, and each
 * place to the one after it: what all have taken is held by nobody.
 */
class Shared<T> {
  readonly inlet: Inlet<T>;
  readonly pump: Pump;
  readonly audience: Audience = new Set();
  readonly #capacity: number;
  readonly #idle = new WaitQueue<void>("reader of a branch", this);
  last: Place<T> = new Place();
  open = 0;
  over = false;
  /** How many items some open branch has yet to take. */
  #kept = 0;

  constructor(inlet: Inlet<T>, { capacity, signal }: TeeOptions) {
    this.inlet = inlet;
    this.#capacity = capacity;
    const work = {
      name: TEE,
      inlets: new Set([inlet]),
      run: (scope: CancelScope) => this.#run(scope),
      ended: () => {
        this.over = true;
        settleAll(this.audience);
      },
    };
    this.pump = new Pump(work, { signal });
  }

  /** To be called when a branch has begun to wait. */
  proceed(): void {
    if (this.#isWanted()) grantAll(this.#idle, undefined);
  }

  /** A branch has taken the item of a place, or never will. */
  taken(place: Place<T>): void {
    if (--place.left > 0) return;
    this.#kept--;
    this.proceed();
  }

  #isWanted(): boolean {
    return this.audience.size > 0 && this.#kept < this.#capacity;
  }

  async #run(scope: CancelScope): Promise<void> {
    for (;;) {
      while (!this.#isWanted()) {
        scope.throwIfCancelled();
        await park(this.#idle, scope, undefined).promise;
      }
      const reading = this.inlet.read(scope);
      const step = reading instanceof Promise ? await reading : reading;
      if (step.done === true) return;
      this.#append(step);
    }
  }

  #append(step: Step<T>): void {
    const place = this.last;
    this.last = place.next = new Place();
    place.step = step;
    place.left = this.open;
    if (this.open > 0) this.#kept++;
    settleAll(this.audience);
  }
}

/** Where a branch is in the line. */
class Cursor<T> extends Reader<Step<T>, Step<T>> {
  readonly #shared: Shared<T>;
  #place: Place<T>;

  constructor(shared: Shared<T>) {
    super("read a branch", "branch", shared, shared.audience);
    this.#shared = shared;
    this.#place = shared.last;
    shared.open++;
  }

  protected override take(): { readonly value: Step<T> } | undefined {
    const place = this.#place;
    if (place.step === undefined) return undefined;
    this.#place = place.next!;
    this.#shared.taken(place);
    return { value: place.step };
  }

  protected override ended(): boolean {
    return this.#shared.over && this.#place.step === undefined;
  }

  protected override item(taken: Step<T>): Step<T> {
    return taken;
  }

  protected override left(): void {
    const shared = this.#shared;
    shared.open--;
    let place = this.#place;
    this.#place = new Place();
    for (; place.step !== undefined; place = place.next!) shared.taken(place);
  }
}

/** One of the branches. */
class Branch<T> extends Outlet<T> {
  readonly #shared: Shared<T>;
  readonly #cursor: Cursor<T>;
  readonly #steps: AsyncIterableIterator<Step<T>, undefined>;

  constructor(shared: Shared<T>, options: WaitOptions) {
    super(shared.pump);
    this.#shared = shared;
    this.#cursor = new Cursor(shared);
    this.#steps = this.#cursor.values(options);
  }

  protected override ask(): Promise<IteratorResult<Step<T>, undefined>> {
    const asked = this.#steps.next();
    this.#shared.proceed();
    return asked;
  }

  protected override async leave(): Promise<void> {
    this.#cursor.close();
    if (this.#shared.open === 0) await this.#shared.pump.stop();
  }
}

/**
 * Makes several iterators of one source, two or `n`, each of which gives all its items.
 *
 * The source is read when the branch that is ahead asks, and never further. An item is kept until the
 * slowest open branch has taken it, and no longer; when `capacity` items are kept, a branch that is ahead
 * waits for the slowest. A failure of the source reaches each branch after the items before it.
 *
 * Leaving a branch holds up the others no more, and drops what was kept for it; the last one to leave
 * closes the source and waits for that. A reader that is cancelled loses no item. All belong to the scope
 * in which they were made: its cancellation, or that of `signal`, ends them.
 *
 * @throws {TypeError | RangeError} If `n` is no positive integer, or `capacity` is missing.
 * @example
 * ```ts
 * import { gather, tee } from "corral";
 *
 * const [left, right] = tee([1, 2, 3], { capacity: 16 });
 * async function sum(items: AsyncIterable<number>) {
 *   let total = 0;
 *   for await (const item of items) total += item;
 *   return total;
 * }
 * async function count(items: AsyncIterable<number>) {
 *   let total = 0;
 *   for await (const _ of items) total++;
 *   return total;
 * }
 * console.log(await gather([() => sum(left), () => count(right)])); // [ 6, 3 ]
 * ```
 */
export function tee<T>(items: StreamSource<T>, options: TeeOptions): Branches<T, 2>;
export function tee<T, const N extends number>(
  items: StreamSource<T>,
  n: N,
  options: TeeOptions,
): Branches<T, N>;
export function tee<T>(
  items: StreamSource<T>,
  ...rest: [TeeOptions] | [number, TeeOptions]
): ItemStream<T>[] {
  const [n, options] =
    rest.length > 1 ? (rest as [number, TeeOptions]) : [2, rest[0] as TeeOptions];
  checkInteger(TEE, "n", n);
  checkOptions(TEE, options);
  checkCount(TEE, "capacity", options?.capacity);
  const shared = new Shared(new Inlet(sourceOf(TEE, items)), options);
  return Array.from({ length: n }, () => new Branch(shared, { signal: options.signal }));
}
