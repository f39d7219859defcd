import { report, textOf } from "../cancel/report.ts";
import type { CacheTier } from "./cache-tier.ts";
import type { Home } from "./home.ts";

/** What is to be done to one key. */
interface Line {
  /** What says all that is to be there; something later takes its place. */
  next: (() => Promise<unknown>) | undefined;
  /** Leases to be given back, once the value is written. */
  readonly releases: (() => Promise<unknown>)[];
  /** Settles when nothing is left to be done. */
  done: Promise<void>;
}

/** Says that a second level has failed. */
export function tellFailure(what: string, error: unknown): void {
  const message = `${what} of a cache's second level threw: ${textOf(error)}`;
  report("warning", { kind: "cache-tier", message, detail: error });
}

/** @returns Whether it did not fail. */
async function attempt(what: string, fn: () => unknown): Promise<boolean> {
  try {
    await fn();
    return true;
  } catch (error) {
    tellFailure(what, error);
    return false;
  }
}

/**
 * What is changed in a second level: for each key in order, and never in the scope or the async context of
 * whoever asks for it.
 */
export class TierWrites<K, V> {
  /** @internal */
  readonly tier: CacheTier<K, V>;
  /** Of the keys to which something is done. */
  readonly #lines = new Map<K, Line>();
  #clearing: Promise<unknown> | undefined = undefined;
  readonly #home: Home;

  /** @param home Where it is done: what waits for its turn may be of another caller than what is under way. */
  constructor(tier: CacheTier<K, V>, home: Home) {
    this.tier = tier;
    this.#home = home;
  }

  set(key: K, value: V, ttlMs: number): void {
    this.#write(key, async () => {
      const written = await attempt("set()", () => this.tier.set(key, value, { ttlMs }));
      // An older value must not stay in its place.
      if (!written) await this.#delete(key);
    });
  }

  delete(key: K): void {
    this.#write(key, () => this.#delete(key));
  }

  /** Deletes all; of the keys that are known only those, where the tier cannot do more. */
  clear(keys: Iterable<K>): void {
    const { tier } = this;
    // What is under way may come after all else has gone.
    for (const key of this.#lines.keys()) this.delete(key);
    if (tier.clear === undefined) {
      for (const key of keys) this.delete(key);
      return;
    }
    const before = this.#clearing;
    const clearing = this.#home.call(async () => {
      await before;
      await attempt("clear()", () => tier.clear!());
      if (this.#clearing === clearing) this.#clearing = undefined;
    });
    this.#clearing = clearing;
  }

  /** Gives a lease back, when what is to be written before is. */
  release(key: K, fn: () => unknown): void {
    this.#lineOf(key).releases.push(() => attempt("The release of a lease", fn));
  }

  /** What a load of the key must not overtake, if there is anything. */
  before(key: K): Promise<unknown> | undefined {
    const done = this.#lines.get(key)?.done;
    const clearing = this.#clearing;
    return done === undefined ? clearing : Promise.all([done, clearing]);
  }

  /** Waits until all that was to be done is done. */
  async settled(): Promise<void> {
    while (this.#lines.size > 0 || this.#clearing !== undefined) {
      await Promise.all([this.#clearing, ...Array.from(this.#lines.values(), ({ done }) => done)]);
    }
  }

  #delete(key: K): Promise<unknown> {
    return attempt("delete()", () => this.tier.delete(key));
  }

  #write(key: K, write: () => Promise<unknown>): void {
    this.#lineOf(key).next = write;
  }

  #lineOf(key: K): Line {
    let line = this.#lines.get(key);
    if (line === undefined) {
      this.#lines.set(key, (line = { next: undefined, releases: [], done: undefined as never }));
      const own = line;
      // Later, when it is known what is to be done.
      own.done = this.#home.call(() => Promise.resolve().then(() => this.#work(key, own)));
    }
    return line;
  }

  async #work(key: K, line: Line): Promise<void> {
    for (;;) {
      while (this.#clearing !== undefined) await this.#clearing;
      const step = line.next ?? line.releases.shift();
      if (step === undefined) break;
      if (step === line.next) line.next = undefined;
      await step();
    }
    this.#lines.delete(key);
  }
}
