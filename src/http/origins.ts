import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  keyed,
  type KeyedLimit,
  Mutex,
  now,
  type Permit,
  type PerKey,
  RateLimiter,
  type RateLimiterOptions,
} from "../index.ts";

/** Gives a place back. Resolves when it is another's. */
export type Free = () => PromiseLike<unknown>;

type Waiting = { readonly signal?: AbortSignal };

/** So many origins are remembered before those that nothing is known of are forgotten. */
const MANY = 1_000;

/** What is known of an origin. */
interface Origin {
  /** When it may be asked again: one that was told to wait makes all wait. */
  readonly limiter: RateLimiter;
  readonly rated: boolean;
  /** Who is in it waits for a place with a turn of the rate in hand: one at a time, so that turns do not pile up. */
  readonly gate: Mutex;
  readonly breaker: CircuitBreaker | undefined;
  pausedUntil: number;
}

export interface OriginsOptions {
  readonly total: number;
  readonly perOrigin: PerKey<string>;
  readonly rate: ((origin: string) => RateLimiterOptions | undefined) | undefined;
  readonly breaker: CircuitBreakerOptions | undefined;
  readonly name: string | undefined;
}

/** The places of a pool, by origin under a total, and when each origin may be asked. */
export class Origins {
  readonly places: KeyedLimit<string>;
  readonly #options: OriginsOptions;
  readonly #origins = new Map<string, Origin>();
  #sweepAt = MANY;

  constructor(options: OriginsOptions) {
    const { total, perOrigin, name } = options;
    this.places = keyed(perOrigin, { total, name });
    this.#options = options;
  }

  /** How many origins have a place, or wait for one. */
  get size(): number {
    return this.places.size;
  }

  /**
   * Waits for a place, first come first served at each origin.
   *
   * @throws {TimeoutError} At once if the origin may not be asked before the deadline.
   */
  async acquire(key: string, waiting: Waiting): Promise<Free> {
    const { rate, breaker } = this.#options;
    const known = rate !== undefined || breaker !== undefined;
    for (;;) {
      const own = known ? this.of(key) : this.#origins.get(key);
      const free =
        own === undefined ? await this.#place(key, waiting) : await this.#turn(own, key, waiting);
      // While it waited for the place, the origin may have asked all to wait.
      const paused = this.#origins.get(key)?.pausedUntil ?? -Infinity;
      if (paused <= now()) return free;
      await free();
    }
  }

  async #turn(own: Origin, key: string, waiting: Waiting): Promise<Free> {
    let permit: Permit | undefined;
    try {
      if (own.rated) permit = await own.gate.acquire(waiting);
      await own.limiter.acquire(1, waiting);
      return await this.#place(key, waiting);
    } finally {
      permit?.release();
    }
  }

  #place(key: string, waiting: Waiting): Promise<Free> {
    return new Promise((resolve, reject) => {
      const hold = (): Promise<void> =>
        new Promise((free) => {
          resolve(() => {
            free();
            return held;
          });
        });
      const held = this.places.run(key, hold, waiting);
      held.catch(reject);
    });
  }

  /** Nobody asks the origin before `ms` milliseconds have passed. */
  pause(key: string, ms: number): void {
    if (ms <= 0) return;
    const own = this.of(key);
    own.pausedUntil = Math.max(own.pausedUntil, now() + ms);
    own.limiter.pauseUntil(own.pausedUntil);
  }

  /** For how long nobody may ask the origin. */
  pausedMs(key: string): number {
    return Math.max(0, (this.#origins.get(key)?.pausedUntil ?? -Infinity) - now());
  }

  of(key: string): Origin {
    const known = this.#origins.get(key);
    if (known !== undefined) return known;
    if (this.#origins.size >= this.#sweepAt) this.#sweep();
    const { rate, breaker } = this.#options;
    const rated = rate?.(key);
    const made: Origin = {
      limiter: new RateLimiter(rated ?? { limit: Infinity, perMs: 1 }),
      rated: rated !== undefined,
      gate: new Mutex(),
      breaker: breaker && new CircuitBreaker({ ...breaker, name: breaker.name ?? key }),
      pausedUntil: -Infinity,
    };
    this.#origins.set(key, made);
    return made;
  }

  /** Forgets origins that would be the same if they were made anew. */
  #sweep(): void {
    for (const [key, { limiter, breaker, pausedUntil }] of this.#origins) {
      const { waiting, available } = limiter.stats();
      const isFresh = waiting === 0 && pausedUntil <= now() && !(available < limiter.burst);
      const figures = breaker?.stats();
      const isWell =
        figures === undefined || (figures.state === "closed" && figures.failures === 0);
      if (isFresh && isWell && this.places.activeOf(key) + this.places.pendingOf(key) === 0) {
        this.#origins.delete(key);
      }
    }
    this.#sweepAt = Math.max(MANY, this.#origins.size * 2);
  }
}
