/**
 * One process, one runtime: the record that every copy of the library in a process shares, so that
 * two of them (two versions of a dependency, an ESM and a bundled one) see each other's scopes, spend
 * one budget and follow one clock. Its name carries the version of the protocol: fields may be added,
 * never changed.
 */

/** The part of `AsyncLocalStorage` that the library uses. */
export interface Storage {
  run<A, R>(store: unknown, fn: (argument: A) => R, argument: A): R;
  getStore(): unknown;
}

/** A timer that can be taken back; taking it back twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * What a timer keeps alive: `"live"` the process, `"daemon"` nothing, `"passive"` nothing, and it is
 * no event that a virtual clock would jump to.
 */
export type TimerKind = "live" | "daemon" | "passive";

/** Where `now`, `sleep` and all deadlines get their time from. */
export interface Clock {
  now(): number;
  set<A>(ms: number, fire: (argument: A) => void, argument: A, kind: TimerKind): Timer;
}

/** Called for each wait that starts and ends, while somebody watches. */
export interface Watcher {
  started(wait: unknown): void;
  ended(wait: unknown): void;
}

/** What sections of locks and permits tell the detector; see `sync/detector.ts`. */
export interface Detector {
  on: boolean;
  /** Whether it is known to be off: a field, because each section asks. */
  readonly off: boolean;
  /** A function begins to run in so many places of a lock; `undefined` while it is off. */
  begin(lock: object, weight: number): Frame | undefined;
  /** The section that the calling code is in. */
  current(): Frame | undefined;
  /** A wait for a lock begins. */
  waits(action: string, wait: object): void;
  /** A permit is given out. */
  hold(permit: object): void;
  /** A permit that was watched is released. */
  release(permit: object): void;
}

/** What is remembered of a function that runs in a section. */
export interface Frame {
  /** Calls the function; what it throws at once is a rejection too. */
  call<T>(fn: () => T | PromiseLike<T>): Promise<T>;
  /** It holds the lock from now on. */
  begin(): void;
  /** It no longer holds the lock. */
  end(): void;
  /** The function has ended. */
  finish(): void;
}

export interface Runtime {
  /** Operations so far: the order of waits, and the measure of the budget. */
  ops: number;
  /** The count at which the budget is looked at next. */
  pauseAt: number;
  /** How often it was looked at since the last hop. */
  checks: number;
  /** When the last hop was, by `time`. */
  hopped: number;
  /** The hop that is under way. */
  hop: Promise<void> | undefined;
  /** Settled waits that hear of it after the hop: resolve function and value in turn. */
  late: unknown[];
  /** What is being aborted: the signals of a cancellation that begins meanwhile wait for their turn. */
  readonly aborting: object[];
  /** Whether scopes may travel in the storage. */
  ambient: boolean;
  /** Whether a scope was ever opened with it, so that reading it can find one. */
  opened: boolean;
  /** `undefined` before the first scope, `null` where the runtime has none. */
  storage: Storage | null | undefined;
  /** A virtual clock, while there is one. */
  clock: Clock | undefined;
  watcher: Watcher | undefined;
  /** The section of a lock whose function is being called right now; see `cancel/frame.ts`. */
  frame: object | undefined;
  /** What proves deadlocks and finds lost permits, where it was loaded; see `sync/detector.ts`. */
  detector: Detector | undefined;
  /** The node of the scope tree that stands for a foreign signal. */
  readonly hubs: WeakMap<AbortSignal, object>;
  /** All failures of the groups that an error has ended. */
  readonly failures: WeakMap<object, unknown[]>;
  /** Monotonic milliseconds, as they were when the library was loaded: fake timers do not reach it. */
  readonly time: () => number;
  /** Runs a function in a later macrotask; likewise out of reach of fake timers. */
  readonly later: (fn: () => void) => void;
}

interface Port {
  onmessage: (() => void) | null;
  postMessage(message: unknown): void;
}

interface Channel {
  readonly port1: Port;
  readonly port2: Port;
}

interface MacrotaskGlobals {
  setImmediate?: (fn: () => void) => unknown;
  MessageChannel?: new () => Channel;
  setTimeout: (fn: () => void) => unknown;
}

function macrotasks(): (fn: () => void) => void {
  const { setImmediate, setTimeout, MessageChannel } = globalThis as unknown as MacrotaskGlobals;
  if (setImmediate) return (fn) => setImmediate(fn);
  if (!MessageChannel) return (fn) => setTimeout(fn);
  // Two of them, in turn: what is posted to a channel while a message of it is handled, some runtimes
  // hand out at once, a thousand times over, before they look at their timers.
  const channels: Channel[] = [];
  const due: (() => void)[] = [];
  let turn = 1;
  return (fn) => {
    const { port1, port2 } = (channels[(turn ^= 1)] ??= new MessageChannel());
    due.push(fn);
    port1.onmessage = () => {
      const next = due.shift()!;
      // A port that is listened to keeps some runtimes alive.
      if (!due[0]) for (const channel of channels) channel.port1.onmessage = null;
      next();
    };
    port2.postMessage(0);
  };
}

function create(): Runtime {
  const { performance } = globalThis;
  const readClock = performance.now.bind(performance);
  return {
    ops: 0,
    pauseAt: 16,
    checks: 0,
    hopped: 0,
    hop: undefined,
    late: [],
    aborting: [],
    ambient: true,
    opened: false,
    storage: undefined,
    clock: undefined,
    watcher: undefined,
    frame: undefined,
    detector: undefined,
    hubs: new WeakMap(),
    failures: new WeakMap(),
    time: readClock,
    later: macrotasks(),
  };
}

const key = Symbol.for("corral.runtime.1");
const registry = globalThis as unknown as Record<symbol, Runtime | undefined>;

/** The record of this process. */
export const runtime: Runtime = (registry[key] ??= create());
