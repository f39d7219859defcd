/**
 * Finds what was collected without having been released. What is held is kept here until the next
 * collection of garbage has gone by, and only then given to the registry: most permits and leases are
 * released long before, and cost a place in an array.
 */
import { runtime } from "../internal/runtime.ts";
import { report, textOf } from "../cancel/report.ts";
import { UNWATCHED } from "./permit.ts";

/** What is watched. */
export interface Watched {
  /** For this file: its place in the array, or a negative number. */
  slot: number;
  /** Where it belongs. */
  readonly source: object | undefined;
}

const REGISTERED = -2;

/** Watches over things of one kind. */
export class LostWatch<S extends object> {
  readonly #lost: (source: S) => void;
  #recent: Watched[] = [];
  #registry: FinalizationRegistry<WeakRef<S> | undefined> | undefined;
  #waiting = false;

  /** @param lost Told where something belonged that was lost, unless that is gone, too. */
  constructor(lost: (source: S) => void) {
    this.#lost = lost;
  }

  /** Begins to watch. */
  watch(watched: Watched): void {
    if (!this.#waiting) {
      this.#waiting = true;
      this.#registry ??= new FinalizationRegistry((source) => this.#collected(source));
      // Something that nobody holds: the next collection is heard of by it.
      this.#registry.register({}, undefined);
    }
    watched.slot = this.#recent.push(watched) - 1;
  }

  /** To be called when it is released. */
  unwatch(watched: Watched): void {
    const { slot } = watched;
    if (slot === UNWATCHED) return;
    watched.slot = UNWATCHED;
    if (slot === REGISTERED) {
      this.#registry!.unregister(watched);
      return;
    }
    const last = this.#recent.pop()!;
    if (last === watched) return;
    this.#recent[slot] = last;
    last.slot = slot;
  }

  #collected(source: WeakRef<S> | undefined): void {
    if (source === undefined) {
      this.#age();
      return;
    }
    // Nobody can miss a permit of something that is gone, too.
    const owner = source.deref();
    if (owner !== undefined) this.#lost(owner);
  }

  /** A collection has gone by: what was held before it is left to the next one. */
  #age(): void {
    this.#waiting = false;
    for (const watched of this.#recent) {
      watched.slot = REGISTERED;
      this.#registry!.register(watched, new WeakRef(watched.source as S), watched);
    }
    this.#recent = [];
  }
}

/** The permits that are held, in development. */
export const permits: LostWatch<object> = /* @__PURE__ */ new LostWatch((detail) => {
  if (runtime.detector?.on !== true) return;
  const message = `A permit of ${textOf(detail)} was lost: it was collected and never released`;
  report("warning", { kind: "lost-permit", message, detail });
});
