import { isThenable, seen } from "../internal/arguments.ts";
import { refused } from "../cancel/tree.ts";

const MUST_GIVE = 'Cannot load a batch: "loadMany" must give';

// Not by the class alone: a test runner may have realms of its own, and errors of the platform's.
function isError(value: unknown): boolean {
  return (
    value instanceof Error ||
    (typeof value === "object" && Object.prototype.toString.call(value) === "[object Error]")
  );
}

function listOf(returned: unknown, keys: readonly unknown[]): readonly unknown[] {
  if (!Array.isArray(returned)) {
    const map = returned as ReadonlyMap<unknown, unknown> | null | undefined;
    if (typeof map?.get === "function") return keys.map((key) => map.get(key));
    throw new TypeError(`${MUST_GIVE} an array or a Map, received ${seen(returned)}`);
  }
  if (returned.length === keys.length) return returned;
  const [expected, received] = [keys.length, returned.length];
  throw new TypeError(`${MUST_GIVE} one result for each key, ${expected}, received ${received}`);
}

/** What was loaded for a key; a promise that rejects, if that has failed. */
export interface Outcome {
  readonly value: unknown;
  readonly failed: boolean;
}

/**
 * What those who wait for each key are to be told.
 *
 * @throws {TypeError} If these are no results for these keys.
 */
export function outcomesOf(returned: unknown, keys: readonly unknown[]): Outcome[] {
  // Not by map(), which leaves out the holes of an array.
  return Array.from(listOf(returned, keys), (result) => {
    if (isThenable(result)) {
      throw new TypeError(`${MUST_GIVE} results, received a promise (Promise.all waits for many)`);
    }
    const failed = isError(result);
    return { value: failed ? refused(result) : result, failed };
  });
}
