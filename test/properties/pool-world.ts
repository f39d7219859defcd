import { type CancelScope, detached, KeyedPool, type KeyedPoolOptions, sleep } from "corral";

/** How a function of the user goes on: at once or after a while, well or not, with or without an ear for its signal. */
export interface Behaviour {
  /** `undefined` is at once, and no promise. */
  readonly ms: number | undefined;
  readonly fails: boolean;
  readonly deaf: boolean;
}

/** One resource, as the world outside of the pool sees it. */
export interface Thing {
  readonly id: number;
  readonly key: number;
  state: "there" | "ending" | "ended";
  /** Who has it. */
  holder: number | undefined;
}

export interface Limits {
  readonly max: number;
  readonly total: number;
}

/** Plays the functions of the user, and knows what a pool must never do. */
export class PoolWorld {
  readonly pool: KeyedPool<number, Thing>;
  readonly things: Thing[] = [];
  readonly faults: string[] = [];
  readonly #limits: Limits;
  readonly #script: readonly Behaviour[];
  #next = 0;
  /** Those that are being made, by key. */
  readonly #making = new Map<number, number>();
  /** Calls in the order in which they were made, by key, that wait for something. */
  readonly #line = new Map<number, number[]>();
  readonly #overtaken = new Set<number>();

  constructor(
    limits: Limits,
    script: readonly Behaviour[],
    options: Partial<KeyedPoolOptions<number, Thing>>,
  ) {
    this.#limits = limits;
    this.#script = script;
    this.pool = new KeyedPool<number, Thing>({
      ...limits,
      createTimeoutMs: 40,
      resetTimeoutMs: 30,
      validateTimeoutMs: 30,
      // Longer than anything takes that is deaf: nothing is given up.
      destroyTimeoutMs: 1_000,
      backoff: () => 7,
      ...options,
      create: (key, scope) => this.#create(key, scope),
      destroy: (thing, _key, scope) => this.#destroy(thing, scope),
      validate: (thing, _key, scope) => this.#tend(thing, scope, true),
      reset: (thing, _key, scope) => this.#tend(thing, scope, undefined),
    });
  }

  #behaviour(): Behaviour {
    // All goes well in the end: else nothing would ever end.
    return this.#script[this.#next++] ?? { ms: 1, fails: false, deaf: false };
  }

  #play<R>(scope: CancelScope, { ms, fails, deaf }: Behaviour, end: () => R): R | Promise<R> {
    if (ms === undefined) {
      if (fails) throw new Error("fails at once");
      return end();
    }
    const slept = deaf ? detached(() => sleep(ms)) : sleep(ms, { signal: scope.signal });
    return slept.then(() => {
      if (fails) throw new Error("fails");
      return end();
    });
  }

  #create(key: number, scope: CancelScope): Thing | Promise<Thing> {
    this.#making.set(key, (this.#making.get(key) ?? 0) + 1);
    this.check("create");
    const made = (): void => void this.#making.set(key, this.#making.get(key)! - 1);
    const end = (): Thing => {
      made();
      const thing: Thing = { id: this.things.length, key, state: "there", holder: undefined };
      this.things.push(thing);
      return thing;
    };
    try {
      const result = this.#play(scope, this.#behaviour(), end);
      if (!(result instanceof Promise)) return result;
      return result.catch((error: unknown) => {
        made();
        throw error;
      });
    } catch (error) {
      made();
      throw error;
    }
  }

  #destroy(thing: Thing, scope: CancelScope): unknown {
    if (thing.state !== "there") this.faults.push(`${thing.id} is destroyed again`);
    if (thing.holder !== undefined && !this.pool.closed) {
      this.faults.push(`${thing.id} is destroyed while ${thing.holder} has it`);
    }
    thing.state = "ending";
    const ended = (): void => void (thing.state = "ended");
    try {
      const result = this.#play(scope, this.#behaviour(), () => {});
      if (result instanceof Promise) return result.finally(ended);
      ended();
      return result;
    } catch (error) {
      ended();
      throw error;
    }
  }

  #tend<R>(thing: Thing, scope: CancelScope, value: R): R | Promise<R> {
    if (thing.state !== "there") this.faults.push(`${thing.id} is tended, and ${thing.state}`);
    if (thing.holder !== undefined) this.faults.push(`${thing.id} is tended in use`);
    return this.#play(scope, this.#behaviour(), () => value);
  }

  /** A call begins to wait. */
  asks(id: number, key: number): void {
    this.#line.set(key, [...(this.#line.get(key) ?? []), id]);
  }

  /** A call has got something. */
  gets(id: number, thing: Thing): void {
    this.isServed(id, thing.key);
    this.holds(id, thing);
  }

  /**
   * As `gets()`, for a call that got it before it has returned. Those who have asked before, and got something at once,
   * too, hear of it in a microtask: so its turn comes after theirs.
   */
  getsAtOnce(id: number, thing: Thing): void {
    this.holds(id, thing);
    queueMicrotask(() => this.isServed(id, thing.key));
  }

  /** It is the turn of a call. */
  isServed(id: number, key: number): void {
    const line = this.#line.get(key) ?? [];
    if (this.#overtaken.has(id)) this.faults.push(`${id} was overtaken`);
    // Those before it may have been refused, and hear of that some microtasks later.
    for (const other of line.slice(0, line.indexOf(id))) this.#overtaken.add(other);
    this.leaves(id, key);
  }

  holds(id: number, thing: Thing): void {
    if (thing.holder !== undefined) this.faults.push(`${thing.id} has two holders`);
    if (thing.state !== "there") this.faults.push(`${thing.id} is lent, and ${thing.state}`);
    thing.holder = id;
    this.check("lend");
  }

  /** A call gets nothing any more. */
  leaves(id: number, key: number): void {
    this.#line.set(
      key,
      (this.#line.get(key) ?? []).filter((other) => other !== id),
    );
  }

  /** What must be true at any moment. */
  check(when: string): void {
    const { max, total } = this.#limits;
    const alive = this.things.filter(({ state }) => state !== "ended");
    const making = [...this.#making.values()].reduce((a, b) => a + b, 0);
    if (alive.length + making > total) {
      this.faults.push(`${when}: ${alive.length} and ${making} of ${total}`);
    }
    for (const key of this.#making.keys()) {
      const mine = alive.filter((thing) => thing.key === key).length;
      if (mine + this.#making.get(key)! > max) this.faults.push(`${when}: too many of ${key}`);
    }
    const stats = this.pool?.stats();
    if (stats === undefined) return;
    const { size, idle, busy, creating, destroying } = stats;
    if (size > total) this.faults.push(`${when}: size is ${size}`);
    if (Math.min(idle, busy, creating, destroying) < 0) this.faults.push(`${when}: less than none`);
    if (size !== idle + busy + creating + destroying) this.faults.push(`${when}: sizes differ`);
  }

  /** All that were told something have heard it. */
  rest(): void {
    for (const line of this.#line.values()) {
      const left = line.filter((id) => this.#overtaken.has(id));
      if (left.length > 0) this.faults.push(`${left.join(", ")} wait, and were overtaken`);
    }
  }

  get making(): number {
    return [...this.#making.values()].reduce((a, b) => a + b, 0);
  }
}
