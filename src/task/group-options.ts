import { checkCount, checkOptions, seen } from "../internal/arguments.ts";
import type { CancelScopeOptions } from "../cancel/scope.ts";
import type { Throws } from "./failures.ts";

export interface TaskGroupOptions {
  /** How reports and errors call it. */
  name?: string | undefined;
  /** Cancels the group from outside. */
  signal?: AbortSignal | undefined;
  /** After so many milliseconds the group is cancelled, to end with a TimeoutError. */
  timeoutMs?: number | undefined;
  /** How many children run at once; later ones are queued. */
  concurrency?: number | undefined;
  /**
   * What the group ends with when something failed: the first failure as it is (`"first"`, the default),
   * or always an AggregateError of all of them (`"aggregate"`). It never depends on how many there are.
   */
  throws?: Throws | undefined;
}

export interface SpawnOptions {
  /** By default the name of the function, else `task-` and a number. */
  name?: string | undefined;
  /**
   * A daemon does not keep the group open: it is cancelled when all others have ended. It takes no place
   * of the group's `concurrency`, and keeps no process alive by what it waits for.
   */
  daemon?: boolean | undefined;
}

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function readOptions(options: TaskGroupOptions | undefined): {
  concurrency: number;
  throws: Throws;
  scope: CancelScopeOptions;
} {
  checkOptions("create a task group", options);
  const { concurrency = Infinity, throws = "first", ...scope } = options ?? {};
  checkCount("create a task group", "concurrency", concurrency);
  if (throws !== "first" && throws !== "aggregate") {
    throw new TypeError(
      `Cannot create a task group: "throws" must be "first" or "aggregate", received ${seen(throws)}`,
    );
  }
  return { concurrency, throws, scope };
}
