import { developing } from "../internal/developing.ts";
import { runtime, type Timer } from "../internal/runtime.ts";
import { now, setTimer } from "../cancel/clock.ts";
import { report } from "../cancel/report.ts";
import type { PoolStore } from "./pool-store.ts";
import type { Resource } from "./resource.ts";

/** Where a lease was acquired, in one line; nothing if that is not remembered. */
function placeIn(site: Error | undefined): string {
  // The first is the method of the pool.
  const line = site?.stack?.split("\n").filter((text) => /^\s*at |@/.test(text))[1];
  return line === undefined ? "" : `, acquired ${line.trim()}`;
}

/** Who has a lease, and where it was acquired. */
export function describeHolder<K, T>(resource: Resource<K, T>): string {
  const { name, site } = resource;
  const holder = name === undefined ? "its caller" : JSON.stringify(name);
  return `${holder}${placeIn(site)}`;
}

/**
 * Looks after what nobody uses, and after what somebody has had for long: with one timer, which keeps
 * nothing alive. It fires when it is due at the latest, maybe before: then it is set again.
 */
export class PoolRounds<K, T> {
  readonly #store: PoolStore<K, T>;
  #timer: Timer | undefined = undefined;
  #due = Infinity;
  #clock: object | undefined = undefined;
  #developing: boolean | undefined = undefined;

  constructor(store: PoolStore<K, T>) {
    this.#store = store;
  }

  /** There is something to look after at that time. */
  arm(due: number): void {
    if (due === Infinity) return;
    if (this.#timer !== undefined && this.#due <= due && this.#clock === runtime.clock) return;
    this.stop();
    this.#due = due;
    this.#clock = runtime.clock;
    this.#timer = setTimer(due - now(), PoolRounds.#fire<K, T>, this, "passive");
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Remembers who has called the method that called `from`, if somebody may want to know. */
  site(from: (...args: never[]) => unknown): Error | undefined {
    if (this.#store.settings.leakWarnMs === Infinity) return undefined;
    if (!(this.#developing ??= developing())) return undefined;
    const { captureStackTrace } = Error as Partial<typeof Error>;
    if (captureStackTrace === undefined) return undefined;
    const site = new Error("A lease was acquired here");
    captureStackTrace(site, from);
    return site;
  }

  /** A lease begins. */
  lent(resource: Resource<K, T>): void {
    resource.since = now();
    this.arm(resource.since + this.#store.settings.leakWarnMs);
  }

  /** A lease was collected. */
  lost(resource: Resource<K, T>): void {
    this.#leak(
      resource,
      "lost-lease",
      "was lost: it was collected and never released, and its resource is destroyed; held by",
    );
  }

  #leak(resource: Resource<K, T>, kind: string, what: string): void {
    const store = this.#store;
    const { shelf, value, site } = resource;
    store.counts.leaks++;
    const message = `A lease of ${store.label} ${what} ${describeHolder(resource)}`;
    report("warning", { kind, message, detail: site ?? store.target });
    store.tell({ kind: "leak", key: shelf.key, value });
  }

  static #fire<K, T>(this: void, rounds: PoolRounds<K, T>): void {
    rounds.#timer = undefined;
    rounds.#look();
  }

  #look(): void {
    const store = this.#store;
    let next = Infinity;
    // The user hears of each that goes, and may take others meanwhile; and new ones may be made at once.
    for (const resource of [...store.shelves.values()].flatMap(({ idle }) => idle.items())) {
      if (resource.state !== "idle") continue;
      const why = store.fitness.staleness(resource);
      if (why === undefined) next = Math.min(next, store.fitness.restsUntil(resource));
      else {
        resource.shelf.idle.remove(resource);
        void resource.shelf.discard(resource, why);
      }
    }
    const time = now();
    for (const resource of store.resources) {
      if (resource.state !== "leased" || resource.warned) continue;
      const due = resource.since + store.settings.leakWarnMs;
      if (due > time) next = Math.min(next, due);
      else {
        resource.warned = true;
        const ms = Math.round(time - resource.since);
        this.#leak(resource, "held-lease", `is held for ${ms} ms, and not released: by`);
      }
    }
    this.arm(next);
  }
}
