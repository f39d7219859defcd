import { checkFunction } from "../internal/arguments.ts";
import { runtime } from "../internal/runtime.ts";
import type { RunOptions } from "../cancel/run-options.ts";
import { fail, type Wait } from "../cancel/wait.ts";
import type { LimitSection } from "./limit-section.ts";

/** Calls `fn` for each item in the places of a limit; see `Limit.map`. */
export async function mapIn<T, R>(
  section: LimitSection,
  action: string,
  items: Iterable<T>,
  fn: (item: T, index: number) => R | PromiseLike<R>,
  options: RunOptions | undefined,
): Promise<R[]> {
  checkFunction(action, "fn", fn);
  const results: R[] = [];
  const calls: Promise<void>[] = [];
  const waits: Wait<Wait>[] = [];
  const failures: unknown[] = [];
  const failed = (error: unknown): void => {
    if (failures.length > 0 && error === failures[0]) return;
    failures.push(error);
    if (failures.length === 1) for (const wait of waits) fail(wait, error);
  };
  const work = async (item: T, index: number): Promise<void> => {
    if (failures.length > 0) return;
    try {
      results[index] = await fn(item, index);
    } catch (error) {
      // Known before the place is given back, so that no other item gets it.
      failed(error);
    }
  };
  let count = 0;
  try {
    for (const item of items) {
      const index = count++;
      calls.push(section.run(action, () => work(item, index), options, 1, waits).catch(failed));
    }
  } catch (error) {
    failed(error);
  }
  await Promise.all(calls);
  if (failures.length > 0) {
    const [first] = failures;
    if (first instanceof Error && failures.length > 1) {
      const known = runtime.failures.get(first) ?? [];
      runtime.failures.set(first, [...new Set([first, ...known, ...failures])]);
    }
    throw first;
  }
  return results;
}
