/** A source that counts what is taken from it, and tells when it is closed. */
export class Counted {
  taken = 0;
  closed = 0;
  /** What it throws in the place of an item. */
  failsAt: number | undefined = undefined;
  failure: unknown = new Error("source");
  /** What its cleanup throws, in an object. */
  cleanup: { readonly error: unknown } | undefined = undefined;
  readonly #length: number;

  constructor(length: number) {
    this.#length = length;
  }

  *items(): Generator<number> {
    try {
      while (this.taken < this.#length) {
        if (this.taken === this.failsAt) throw this.failure;
        yield this.taken++;
      }
    } finally {
      this.closed++;
      // oxlint-disable-next-line no-unsafe-finally -- that is what is tested
      if (this.cleanup !== undefined) throw this.cleanup.error;
    }
  }

  async *asyncItems(): AsyncGenerator<number> {
    yield* this.items();
  }
}

/** Both kinds of source. */
export const kinds = [
  ["an iterable", (source: Counted): Iterable<number> | AsyncIterable<number> => source.items()],
  [
    "an async iterable",
    (source: Counted): Iterable<number> | AsyncIterable<number> => source.asyncItems(),
  ],
] as const;

/** All that an async iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
