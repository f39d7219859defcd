/**
 * Finds permits that were collected without having been released. What is held is kept here until the
 * next collection of garbage has gone by, and only then given to the registry: most permits are
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

let recent: Watched[] = [];
let registry: FinalizationRegistry<WeakRef<object> | undefined> | undefined;
let waiting = false;

function collected(source: WeakRef<object> | undefined): void {
  if (source === undefined) {
    age();
    return;
  }
  // Nobody can miss a permit of something that is gone, too.
  const detail = source.deref();
  if (detail === undefined || runtime.detector?.on !== true) return;
  const message = `A permit of ${textOf(detail)} was lost: it was collected and never released`;
  report("warning", { kind: "lost-permit", message, detail });
}

/** A collection has gone by: what was held before it is left to the next one. */
function age(): void {
  waiting = false;
  for (const watched of recent) {
    watched.slot = REGISTERED;
    registry!.register(watched, new WeakRef(watched.source!), watched);
  }
  recent = [];
}

/** Begins to watch, in development. */
export function watch(watched: Watched): void {
  if (!waiting) {
    waiting = true;
    registry ??= new FinalizationRegistry(collected);
    // Something that nobody holds: the next collection is heard of by it.
    registry.register({}, undefined);
  }
  watched.slot = recent.push(watched) - 1;
}

/** To be called when it is released. */
export function unwatch(watched: Watched): void {
  const { slot } = watched;
  if (slot === UNWATCHED) return;
  watched.slot = UNWATCHED;
  if (slot === REGISTERED) {
    registry!.unregister(watched);
    return;
  }
  const last = recent.pop()!;
  if (last === watched) return;
  recent[slot] = last;
  last.slot = slot;
}
