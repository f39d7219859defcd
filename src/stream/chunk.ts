import { checkCount, checkMs, checkOptions } from "../internal/arguments.ts";
import type { Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";
import type { CancelScope } from "../cancel/scope.ts";
import type { WaitOptions } from "../cancel/sleep.ts";
import { ignore } from "../cancel/tree.ts";
import { Inlet, type Step } from "./inlet.ts";
import type { ItemStream } from "./outlet.ts";
import { Pipe } from "./pipe.ts";
import { sourceOf, type StreamSource } from "./source.ts";

interface BySize {
  /** How many items a chunk has at most. */
  size: number;
}

interface ByTime {
  /** A chunk is given at the latest so many milliseconds after its first item has come. */
  withinMs: number;
}

/** At least one of `size` and `withinMs` is wanted. */
export type ChunkOptions = WaitOptions &
  (
    | (BySize & { [K in keyof ByTime]?: ByTime[K] | undefined })
    | (ByTime & { [K in keyof BySize]?: BySize[K] | undefined })
  );

const CHUNK = "chunk";

/** The time of one chunk. */
class Alarm {
  due = false;
  readonly promise: Promise<undefined>;
  #timer: Timer | undefined;

  constructor(ms: number, daemon: boolean) {
    this.promise = new Promise((resolve) => {
      const fire = (): void => {
        this.due = true;
        resolve(undefined);
      };
      this.#timer = setTimer(ms, fire, undefined, daemon ? "daemon" : "live");
    });
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}

/** An item that was under way when the time of a chunk was over: it is the next chunk's. */
interface Kept<T> {
  readonly reading: Promise<Step<T>>;
  /** When it came, if it has. */
  at: number | undefined;
}

/** The item, unless the time is over first. */
function or<T>(reading: Promise<Step<T>>, alarm: Alarm | undefined): Promise<Step<T> | undefined> {
  return alarm === undefined ? reading : Promise.race([reading, alarm.promise]);
}

/** One call of {@link chunk}. */
class Chunking<T> {
  readonly inlet: Inlet<T>;
  readonly #size: number;
  readonly #withinMs: number;
  #kept: Kept<T> | undefined = undefined;
  over = false;
  failure: { readonly error: unknown } | undefined = undefined;

  constructor(inlet: Inlet<T>, size: number, withinMs: number) {
    this.inlet = inlet;
    this.#size = size;
    this.#withinMs = withinMs;
  }

  async collect(scope: CancelScope): Promise<T[]> {
    const items: T[] = [];
    let alarm: Alarm | undefined;
    try {
      while (items.length < this.#size && alarm?.due !== true) {
        const kept = this.#kept;
        const reading = kept?.reading ?? this.inlet.read(scope);
        // What is there at once needs no promise.
        const step = reading instanceof Promise ? await or(reading, alarm) : reading;
        if (step === undefined) {
          this.#keep(reading as Promise<Step<T>>);
          break;
        }
        this.#kept = undefined;
        if (step.done === true) {
          this.over = true;
          break;
        }
        items.push(step.value);
        if (this.#withinMs === Infinity || alarm !== undefined || items.length === this.#size)
          continue;
        const at = kept?.at ?? now();
        // A timer even for a time that is over: what is ready by then comes with it.
        alarm = new Alarm(at + this.#withinMs - now(), scope.daemon);
      }
    } catch (error) {
      this.over = true;
      this.failure = { error };
    } finally {
      alarm?.cancel();
    }
    return items;
  }

  #keep(reading: Promise<Step<T>>): void {
    const kept: Kept<T> = { reading, at: undefined };
    this.#kept = kept;
    void reading.then(() => (kept.at = now()), ignore);
  }
}

/**
 * Gives the items in arrays: of `size` items, or what has come within `withinMs` of the first, whichever
 * is sooner.
 *
 * No array is empty; the last one may be short, and so may the one before a failure of the source, which
 * comes after it. Nothing is read while nobody asks; but when the time of an array is over while an item is
 * under way, that item is the next array's, so the source may be one item ahead. `withinMs: 0` gives
 * together what is ready.
 *
 * A reader that is cancelled loses no item. It belongs to the scope in which it was made: leaving the
 * loop, a cancellation of that scope or of `signal` cuts short what is under way, closes the source and
 * waits for that.
 *
 * @throws {TypeError | RangeError} If neither `size` (a positive integer, or `Infinity`) nor `withinMs` is
 * given, or one is not what it should be.
 * @example
 * ```ts
 * import { chunk, sleep } from "corral";
 *
 * async function* readings() {
 *   for (const n of [1, 2, 3, 4]) {
 *     await sleep(n === 4 ? 1_000 : 10);
 *     yield n;
 *   }
 * }
 * for await (const some of chunk(readings(), { size: 100, withinMs: 250 })) console.log(some);
 * // [ 1, 2, 3 ]
 * // [ 4 ]
 * ```
 */
export function chunk<T>(items: StreamSource<T>, options: ChunkOptions): ItemStream<T[]> {
  checkOptions(CHUNK, options);
  const { size, withinMs, signal } = (options ?? {}) as Partial<ChunkOptions>;
  // Without a time the size is what is missed.
  if (size !== undefined || withinMs === undefined) checkCount(CHUNK, "size", size);
  if (withinMs !== undefined) checkMs(CHUNK, "withinMs", withinMs);
  const inlet = new Inlet(sourceOf(CHUNK, items));
  const chunking = new Chunking(inlet, size ?? Infinity, withinMs ?? Infinity);
  return new Pipe<T[]>(
    {
      name: CHUNK,
      capacity: 0,
      inlets: new Set([inlet]),
      run: async (sender, scope) => {
        while (!chunking.over) {
          const slot = await sender.reserve({ signal: scope.signal });
          try {
            const value = await chunking.collect(scope);
            scope.throwIfCancelled();
            if (value.length > 0) slot.send({ value, done: false });
          } finally {
            slot.release();
          }
        }
        if (chunking.failure !== undefined) throw chunking.failure.error;
      },
    },
    { signal },
  );
}
