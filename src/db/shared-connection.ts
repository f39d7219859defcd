interface Held<C> {
  readonly opening: Promise<C>;
  users: number;
}

/**
 * A connection beside those of the pool, for as long as somebody needs it. What ends a query cannot go
 * through the connection that runs it, and must not wait for another one of the pool.
 */
export class SharedConnection<C> {
  readonly #open: () => Promise<C>;
  readonly #close: (connection: C) => unknown;
  #held: Held<C> | undefined = undefined;

  constructor(open: () => Promise<C>, close: (connection: C) => unknown) {
    this.#open = open;
    this.#close = close;
  }

  /** Calls `fn` with it. It is opened for the first who needs it, and closed after the last. */
  async use(fn: (connection: C) => Promise<unknown>): Promise<void> {
    const held = (this.#held ??= { opening: this.#open(), users: 0 });
    held.users++;
    try {
      await fn(await held.opening);
    } catch (error) {
      // Those who come later try with another one.
      if (this.#held === held) this.#held = undefined;
      throw error;
    } finally {
      if (--held.users === 0) {
        if (this.#held === held) this.#held = undefined;
        // One that could not be opened has told its users.
        await held.opening.then(this.#close, () => {});
      }
    }
  }
}
