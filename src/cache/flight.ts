import { rejected, spend } from "../internal/budget.ts";
import { call, react } from "../internal/react.ts";
import { runtime } from "../internal/runtime.ts";
import { DeadlockError } from "../cancel/errors.ts";
import { isOurs } from "../cancel/ownership.ts";
import { report, textOf } from "../cancel/report.ts";
import { attempt, endScope, failureOf, leaveOpenGroups, openScope } from "../cancel/scope-life.ts";
import type { ScopeNode } from "../cancel/tree.ts";
import { grantAll, park, WaitQueue } from "../cancel/wait.ts";
import type { Errand, Home } from "./home.ts";
import { LoadScope } from "./load-scope.ts";

/** Whose loads they are. */
export interface FlightOwner {
  readonly name?: string | undefined;
  /** Where they run, and are cancelled. */
  readonly home: Home;
  /** A scope that all its loads are in, if there is one. */
  readonly loads?: ScopeNode | undefined;
  /**
   * Told when a load has ended, before those who wait for it.
   *
   * @returns What they get: the value, or a rejected promise.
   */
  landed(flight: never, failed: boolean, outcome: unknown): unknown;
}

/** Whether what waits is to be seen, and loads to be told apart. */
function isWatched(): boolean {
  return runtime.detector?.off === false && runtime.detector.on;
}

/** The load whose function is being called right now. */
let starting: object | undefined;

/** Those that were given up and are not cancelled yet. */
const abandoned: Flight<never>[] = [];

/**
 * One load, and those who wait for it. It is in none of their scopes: each of them leaves alone, and the
 * last one cancels it.
 */
export class Flight<V> implements Errand {
  /** Always there, for the reason that a wait is; see `WaitQueue`. */
  static sample: Flight<never> = new Flight(0, undefined!, {} as never, false);

  readonly key: unknown;
  /** Whether nothing cancels it: it goes on without anybody, or somebody waits whom nothing can cancel. */
  pinned: boolean;
  /** Whether its function was called. */
  begun = false;
  /** Whether nobody is to join it any more: it has ended, was given up, or loads what is no longer true. */
  closed = false;
  /** Whether it was given up because nobody waited for it any more. */
  abandoned = false;
  /** Those who wait, and can be seen to. */
  line: WaitQueue<V> | undefined = undefined;
  readonly #fn: (flight: never) => V | PromiseLike<V>;
  readonly #owner: FlightOwner;
  #scope: LoadScope | undefined = undefined;
  /** What all get whom nothing can cancel. */
  #crowd: Promise<V> | undefined = undefined;
  /** Whether there is, or will be, such a promise: that of its landing. */
  #led = false;
  /** Whether any of those who came was itself a load. */
  #nested = false;
  /** Whether its function was called outside of its scope. */
  #plain = false;

  constructor(
    key: unknown,
    fn: (flight: never) => V | PromiseLike<V>,
    owner: FlightOwner,
    keepAlive: boolean,
  ) {
    this.key = key;
    this.pinned = keepAlive;
    this.#fn = fn;
    this.#owner = owner;
  }

  /** The scope of the load: for its function, also where it is not the current one. */
  get scope(): LoadScope {
    if (this.#scope === undefined) {
      this.#scope = new LoadScope(this as never);
      // The function may give it a deadline all the same.
      if (this.#plain) openScope(this.#scope, this.#owner.loads);
    }
    return this.#scope;
  }

  /** What `waitTree` calls it. */
  get name(): string {
    return `${this.#owner.name ?? ""}[${textOf(this.key)}]`;
  }

  /** Whether nobody can join it any more, be it because its own function has cancelled it. */
  get over(): boolean {
    return this.closed || this.#scope?.cancelled === true;
  }

  /** Whether anybody waits for it. */
  get awaited(): boolean {
    return this.#led || this.line?.first !== undefined;
  }

  /** Waits for its end, from a place that is not cancelled. */
  join(place: ScopeNode | undefined, signal: AbortSignal | undefined): Promise<V> {
    const holder = loadAround(place) ?? starting;
    if (holder !== undefined) {
      if (this.begun && this.#waitsFor(holder)) {
        const message = `Cannot load ${this.name}: its load would wait for itself`;
        return rejected(new DeadlockError(message));
      }
      this.#nested = true;
    }
    if (place !== undefined || holder !== undefined) return this.#park(place, signal, holder);
    return (this.#crowd ??= this.#park(place, signal, holder));
  }

  /**
   * As `join()`, for somebody whom nothing can cancel, if that takes nothing.
   *
   * @returns Nothing if it does take something, or if nobody can join.
   */
  joined(): Promise<V> | undefined {
    return starting === undefined && !this.over ? this.#crowd : undefined;
  }

  /** Has it begun, unless it was, and waits for its end. */
  lead(place: ScopeNode | undefined, signal: AbortSignal | undefined): Promise<V> {
    const { home } = this.#owner;
    // One promise for all whom nothing can cancel: that of the landing, if it begins at once. Where deadlocks are
    // looked for it is a wait that can be seen.
    if (!this.begun && place === undefined && starting === undefined && !isWatched()) {
      this.pinned = this.#led = true;
      home.run(this);
      this.#led = this.begun;
    }
    const result = this.join(place, signal);
    if (!this.begun) home.run(this);
    return result;
  }

  #park(
    place: ScopeNode | undefined,
    signal: AbortSignal | undefined,
    holder: object | undefined,
  ): Promise<V> {
    this.line ??= new WaitQueue<V>("load", this, () => this.#left());
    return park(this.line, place, signal, holder).promise;
  }

  /** Calls the function, once; not if it was given up before. */
  begin(): void {
    if (this.begun) return;
    if (this.abandoned) {
      this.#land(true, this.scope.error);
      return;
    }
    const before = starting;
    // oxlint-disable-next-line typescript/no-this-alias -- for whom its function calls at once
    starting = this;
    // What nothing can cancel needs no scope around it, which costs as much as all the rest. It is there
    // while deadlocks are looked for: it tells a load that asks for itself.
    this.#plain = this.pinned && !isWatched();
    if (!this.#plain) openScope(this.scope, this.#owner.loads);
    this.begun = true;
    const load = (): V | PromiseLike<V> => this.#fn(this as never);
    const result = this.#plain ? call(load) : attempt(this.scope, load);
    starting = before;
    const landing = react(
      result,
      (value) => this.#land(false, value),
      (error) => {
        const scope = this.#scope;
        if (scope !== undefined && isOurs(scope, error)) {
          return this.#land(true, failureOf(scope, error));
        }
        if (!this.awaited) {
          const message = `A load that nobody waited for rejected: ${textOf(error)}`;
          report("note", { kind: "late-rejection", message, detail: error });
        }
        return this.#land(true, error);
      },
    );
    if (this.#led) this.#crowd = landing as Promise<V>;
  }

  #land(failed: boolean, outcome: unknown): unknown {
    const scope = this.#scope;
    if (scope?.opened === true) {
      const rest = leaveOpenGroups(scope);
      if (rest !== undefined) return this.#landAfter(rest, failed, outcome);
      // Whose deadlines they are that wait for it no longer counts.
      scope.load = undefined;
      endScope(scope);
    }
    this.closed = true;
    const result = this.#owner.landed(this as never, failed, outcome) as V;
    if (this.line !== undefined) grantAll(this.line, result);
    if (!this.#led) return undefined;
    const hop = spend();
    return hop === undefined ? result : afterwards(hop, result);
  }

  #landAfter(rest: Promise<unknown>, failed: boolean, outcome: unknown): unknown {
    return rest.then(() => this.#land(failed, outcome));
  }

  #left(): void {
    if (this.pinned || this.line!.length > 0 || this.abandoned) return;
    this.closed = this.abandoned = true;
    // A loop, not a recursion: each may be the last to have waited for the next.
    if (abandoned.push(this as never) > 1) return;
    for (const flight of abandoned) flight.#cancel();
    abandoned.length = 0;
  }

  #cancel(): void {
    const { scope } = this;
    // At home, so that its listeners do not run in the async context of the one who has left last, and what
    // watches over its end keeps nothing of theirs.
    this.#owner.home.run({
      begin: () => {
        scope.cancel("nobody waits for it any more");
        // Until it is read, the stack keeps what is on it: the signal of the one who has left last.
        void scope.error?.stack;
      },
    });
  }

  /** Whether this is that load itself, or waits for it, maybe through others. */
  #waitsFor(load: object): boolean {
    const waiting = new Set([load]);
    for (const one of waiting as Set<Flight<unknown>>) {
      if (!one.#nested) continue;
      for (let wait = one.line?.first; wait !== undefined; wait = wait.next) {
        if (wait.payload !== undefined) waiting.add(wait.payload as object);
      }
    }
    return waiting.has(this);
  }
}

// A function that one within it shares variables with allocates them at each call, so these are apart.
function afterwards<T>(hop: Promise<void>, result: T): Promise<T> {
  return hop.then(() => result);
}

/** The load that a place is in. */
function loadAround(place: ScopeNode | undefined): object | undefined {
  while (place !== undefined && !(place instanceof LoadScope)) place = place.parent;
  return place?.load;
}
