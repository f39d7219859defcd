import { buffer, chunk, detached, type ItemStream, merge, sleep, tee, zip } from "corral";

export interface ProbeOptions {
  /** How many items it gives. */
  readonly length?: number;
  /** How long each takes; none of it if left out. */
  readonly everyMs?: number;
  /** How long it takes to close. */
  readonly closeMs?: number;
  /** What it throws in place of the item of this index. */
  readonly failsAt?: number;
  readonly failure?: unknown;
  /** Called when it is closed. */
  readonly onClose?: () => unknown;
}

/** A source that counts: the items 0, 1, 2, ... Nothing that it waits for can be cancelled. */
export class Probe implements AsyncIterableIterator<number, undefined> {
  /** How many items were asked for. */
  asked = 0;
  /** How often it was closed, and how often that has ended. */
  closing = 0;
  closed = 0;
  readonly #options: ProbeOptions;

  constructor(options: ProbeOptions = {}) {
    this.#options = options;
  }

  async next(): Promise<IteratorResult<number, undefined>> {
    const index = this.asked++;
    const { length = Infinity, everyMs, failsAt, failure } = this.#options;
    if (everyMs !== undefined) await detached(() => sleep(everyMs));
    if (index === failsAt) throw failure;
    return index < length ? { value: index, done: false } : { value: undefined, done: true };
  }

  async return(): Promise<IteratorResult<number, undefined>> {
    this.closing++;
    const { closeMs, onClose } = this.#options;
    if (closeMs !== undefined) await detached(() => sleep(closeMs));
    await onClose?.();
    this.closed++;
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export interface Made {
  readonly signal?: AbortSignal;
}

/** Also of an AbortController, which has it from its class. */
function signalOf(options: Made | undefined): Made {
  return options?.signal === undefined ? {} : { signal: options.signal };
}

/** The functions over streams with one source, each so that it gives the items one by one. */
export const combiners: readonly [
  name: string,
  make: <T>(source: Iterable<T> | AsyncIterable<T>, options?: Made) => ItemStream<unknown>,
  /** What it gives for an item. */
  wrap: (item: unknown) => unknown,
][] = [
  ["merge()", (source, options) => merge([source], options), (item) => item],
  ["buffer()", (source, options) => buffer(source, 2, options), (item) => item],
  [
    "chunk()",
    (source, options) => chunk(source, { size: 1, ...signalOf(options) }),
    (item) => [item],
  ],
  [
    "chunk() with a time",
    (source, options) => chunk(source, { size: 1, withinMs: 50, ...signalOf(options) }),
    (item) => [item],
  ],
  [
    "tee()",
    (source, options) => tee(source, 1, { capacity: 1, ...signalOf(options) })[0],
    (item) => item,
  ],
  ["zip()", (source, options) => zip([source], options), (item) => [item]],
  [
    "a strict zip()",
    (source, options) => zip([source], { strict: true, ...signalOf(options) }),
    (item) => [item],
  ],
];

export const OVER = { value: undefined, done: true } as const;

export function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  return take(items);
}

/** Reads to the end, or leaves the loop after so many items. */
export async function take<T>(items: AsyncIterable<T>, most: number = Infinity): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) if (all.push(item) >= most) break;
  return all;
}
