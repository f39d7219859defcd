import { runtime } from "../internal/runtime.ts";

/** What a group ends with when several things failed: the first one as it is, or always all. */
export type Throws = "first" | "aggregate";

/** So many are kept with one error: one that a program throws again and again would gather them all. */
const MOST = 1_000;

function isObject(error: unknown): error is object {
  return (typeof error === "object" && error !== null) || typeof error === "function";
}

/** The failures of one group, in order of arrival. An error object that arrives twice counts once. */
export class Failures {
  readonly list: unknown[] = [];
  // Weak: the group must not keep the errors that it has thrown.
  readonly #seen = new WeakSet<object>();

  /** @returns Whether it is the first failure of the group. */
  add(error: unknown): boolean {
    if (isObject(error)) {
      if (this.#seen.has(error)) return false;
      this.#seen.add(error);
    }
    return this.list.push(error) === 1;
  }

  /** The error that the group ends with. What it carries can be asked by {@link failuresOf}. */
  error(throws: Throws): unknown {
    if (throws === "aggregate") {
      const count = this.list.length;
      const all = new AggregateError(
        this.list,
        `${count} ${count === 1 ? "failure" : "failures"} in a group`,
      );
      // The body may let it out that had it from join(): then it is no failure of its own.
      this.#seen.add(all);
      runtime.failures.set(all, [...this.list]);
      return all;
    }
    const first = this.list[0];
    if (isObject(first)) {
      const all = new Set<unknown>();
      for (const failure of this.list) for (const one of failuresOf(failure)) all.add(one);
      runtime.failures.set(first, [...all].slice(0, MOST));
    }
    return first;
  }
}

/**
 * All that failed in the groups which `error` has ended: `error` first, then what failed while they
 * were winding up, in order of arrival, each once. Nested groups that one error went through are merged.
 *
 * @returns At least `error` itself. Only for error objects is anything else known.
 */
export function failuresOf(error: unknown): readonly unknown[] {
  const known = isObject(error) ? runtime.failures.get(error) : undefined;
  return known === undefined ? [error] : [...known];
}
