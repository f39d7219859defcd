/** One request for what a cache may keep, from when it was made until its response is there. */
export interface Visit {
  /** Whether what it asks for may have changed since: then its response may be from before. */
  isOld: boolean;
}

/** Requests under way, by what they ask for. */
export class Visits {
  readonly #visits = new Map<string, Set<Visit>>();

  enter(key: string): Visit {
    const visit: Visit = { isOld: false };
    const others = this.#visits.get(key);
    if (others === undefined) this.#visits.set(key, new Set([visit]));
    else others.add(visit);
    return visit;
  }

  leave(key: string, visit: Visit): void {
    const others = this.#visits.get(key);
    if (others?.delete(visit) === true && others.size === 0) this.#visits.delete(key);
  }

  /** What was asked for has changed; all of it, without a key. */
  change(key?: string): void {
    const changed = key === undefined ? this.#visits.values() : [this.#visits.get(key) ?? []];
    for (const visits of changed) for (const visit of visits) visit.isOld = true;
  }
}
