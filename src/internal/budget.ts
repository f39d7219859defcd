/**
 * The budget that keeps the event loop alive. Promises that are ready make turn after turn of the
 * microtask queue, in which no timer fires and no socket is read. So after {@link OPERATIONS} ready
 * operations, or {@link MAX_MS} of time, the next ones wait for one hop to the macrotask queue.
 * The count is the process's, not a task's: two tasks that only ever wake each other starve it too.
 */
import { runtime } from "./runtime.ts";

const CHECK_EVERY = 16;
const OPERATIONS = 4_096;
const MAX_MS = 0.5;

/**
 * Counts an operation that did not have to wait.
 *
 * @returns What to wait for first, when the budget is spent.
 */
export function spend(): Promise<void> | undefined {
  return ++runtime.ops < runtime.pauseAt ? undefined : overdrawn();
}

/** What a wait that is over at once gives, when it has no value. */
const done: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** Gives what was there at once: now, or after the hop when the budget is spent, in order with the rest. */
export function ready<T>(value: T): Promise<T> {
  if (spend() === undefined) return Promise.resolve(value);
  return new Promise<T>((resolve) => runtime.late.push(resolve, value));
}

/** As {@link ready}, for what has no value. */
export function passed(): Promise<void> {
  return spend() === undefined ? done : ready(undefined);
}

/** Fails at once; or after the hop when the budget is spent, lest a loop that goes on starve the rest. */
export function rejected(error: unknown): Promise<never> {
  const hop = spend();
  if (hop === undefined) return Promise.reject(error);
  return hop.then(() => {
    throw error;
  });
}

/** Looks at the budget closely: a hop that is under way, a new one, or none needed yet. */
export function overdrawn(): Promise<void> | undefined {
  if (runtime.hop !== undefined) return runtime.hop;
  // Under a virtual clock real time must not decide who runs first.
  const slow = runtime.clock === undefined && runtime.time() - runtime.hopped > MAX_MS;
  if (!slow && ++runtime.checks < OPERATIONS / CHECK_EVERY) {
    runtime.pauseAt = runtime.ops + CHECK_EVERY;
    return undefined;
  }
  return (runtime.hop = new Promise((resolve) => {
    runtime.later(() => {
      const late = runtime.late;
      runtime.late = [];
      runtime.hop = undefined;
      runtime.checks = 0;
      runtime.hopped = runtime.time();
      runtime.pauseAt = runtime.ops + CHECK_EVERY;
      for (let i = 0; i < late.length; i += 2) (late[i] as (value: unknown) => void)(late[i + 1]);
      resolve();
    });
  }));
}

/** Resolves a wait that was granted: now, or after the hop when the budget is spent. */
export function deliver<T>(resolve: (value: T) => void, value: T): void {
  if (++runtime.ops < runtime.pauseAt || overdrawn() === undefined) resolve(value);
  else runtime.late.push(resolve, value);
}
