import {
  checkAmount,
  checkCount,
  checkFlag,
  checkFunction,
  checkMs,
  checkOptions,
  seen,
} from "../internal/arguments.ts";
import type { CancelScope } from "../cancel/scope.ts";
import { type Backoff, exponential } from "../resilience/backoff.ts";
import type { PoolEvent } from "./pool-event.ts";
import type { KeyedPoolOptions, PoolOptions, PoolSettings } from "./pool-options.ts";

/** The options of a pool, checked and complete; those of one without keys have the key `undefined`. */
export interface Settings<K, T> {
  readonly name: string | undefined;
  readonly create: (key: K, scope: CancelScope) => T | PromiseLike<T>;
  readonly destroy: ((value: T, key: K, scope: CancelScope) => unknown) | undefined;
  readonly validate:
    | ((value: T, key: K, scope: CancelScope) => boolean | PromiseLike<boolean>)
    | undefined;
  readonly reset: ((value: T, key: K, scope: CancelScope) => unknown) | undefined;
  readonly isBroken: ((error: unknown, value: T, key: K) => boolean) | undefined;
  readonly onEvent: ((event: PoolEvent<T, K>) => unknown) | undefined;
  /** How many of a key there may be. */
  readonly max: (key: K) => number;
  /** How many of all keys. */
  readonly total: number;
  readonly min: number;
  readonly eager: boolean;
  readonly keyed: boolean;
  readonly acquireTimeoutMs: number;
  readonly createTimeoutMs: number;
  readonly validateTimeoutMs: number;
  readonly resetTimeoutMs: number;
  readonly destroyTimeoutMs: number;
  readonly maxIdleMs: number;
  readonly maxLifetimeMs: number;
  readonly lifetimeJitter: number;
  readonly maxUses: number;
  readonly validateAfterIdleMs: number;
  readonly retries: boolean;
  readonly backoff: Backoff;
  readonly leakWarnMs: number;
}

const TIMES = [
  "acquireTimeoutMs",
  "createTimeoutMs",
  "validateTimeoutMs",
  "resetTimeoutMs",
  "destroyTimeoutMs",
  "maxIdleMs",
  "maxLifetimeMs",
  "validateAfterIdleMs",
  "leakWarnMs",
] as const;

/** Cleanup is bounded, also for those who ask for no bound. */
const FINITE = ["resetTimeoutMs", "destroyTimeoutMs"] as const;

const FUNCTIONS = ["destroy", "validate", "reset", "isBroken", "onEvent", "backoff"] as const;

type Shared = Omit<
  Settings<never, never>,
  | "create"
  | "destroy"
  | "validate"
  | "reset"
  | "isBroken"
  | "onEvent"
  | "max"
  | "total"
  | "min"
  | "eager"
  | "keyed"
>;

function checkTimes(action: string, options: PoolSettings): void {
  for (const name of TIMES) if (options[name] !== undefined) checkMs(action, name, options[name]);
  for (const name of FINITE) {
    if (options[name] === Infinity) {
      throw new RangeError(`Cannot ${action}: "${name}" must be finite, received Infinity`);
    }
  }
}

function readShared(action: string, options: PoolSettings & { create?: unknown }): Shared {
  checkOptions(action, options);
  checkFunction(action, "create", options?.create);
  const given = options as PoolSettings & Partial<Record<(typeof FUNCTIONS)[number], unknown>>;
  for (const name of FUNCTIONS) {
    if (given[name] !== undefined) checkFunction(action, name, given[name]);
  }
  checkTimes(action, options);
  const { lifetimeJitter = 0.1, maxUses = Infinity, onCreateError = "reject" } = options;
  if (!(typeof lifetimeJitter === "number" && lifetimeJitter >= 0 && lifetimeJitter <= 1)) {
    const kind = typeof lifetimeJitter === "number" ? RangeError : TypeError;
    throw new kind(
      `Cannot ${action}: "lifetimeJitter" must be a number from 0 to 1, received ${seen(lifetimeJitter)}`,
    );
  }
  checkCount(action, "maxUses", maxUses);
  if (onCreateError !== "reject" && onCreateError !== "retry") {
    throw new TypeError(
      `Cannot ${action}: "onCreateError" must be "reject" or "retry", received ${seen(onCreateError)}`,
    );
  }
  return {
    name: options.name,
    acquireTimeoutMs: options.acquireTimeoutMs ?? Infinity,
    createTimeoutMs: options.createTimeoutMs ?? 30_000,
    validateTimeoutMs: options.validateTimeoutMs ?? 5_000,
    resetTimeoutMs: options.resetTimeoutMs ?? 5_000,
    destroyTimeoutMs: options.destroyTimeoutMs ?? 5_000,
    maxIdleMs: options.maxIdleMs ?? Infinity,
    maxLifetimeMs: options.maxLifetimeMs ?? Infinity,
    lifetimeJitter,
    maxUses,
    validateAfterIdleMs: options.validateAfterIdleMs ?? 0,
    retries: onCreateError === "retry",
    backoff: options.backoff ?? exponential({ baseMs: 100, maxMs: 2_000, jitter: "equal" }),
    leakWarnMs: options.leakWarnMs ?? Infinity,
  };
}

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function poolSettings<T>(action: string, options: PoolOptions<T>): Settings<undefined, T> {
  const shared = readShared(action, options);
  const { create, destroy, validate, reset, isBroken, onEvent, min = 0, max = 10 } = options;
  checkAmount(action, "min", min);
  checkCount(action, "max", max);
  if (min > max) {
    throw new RangeError(
      `Cannot ${action}: "min" must be at most ${max}, as "max" is, received ${min}`,
    );
  }
  return {
    ...shared,
    create: (_, scope) => create(scope),
    destroy: destroy && ((value, _, scope) => destroy(value, scope)),
    validate: validate && ((value, _, scope) => validate(value, scope)),
    reset: reset && ((value, _, scope) => reset(value, scope)),
    isBroken,
    onEvent,
    max: () => max,
    total: Infinity,
    min,
    eager: checkFlag(action, "eager", options.eager),
    keyed: false,
  };
}

/** @throws {TypeError | RangeError} If an option is not what it should be. */
export function keyedPoolSettings<K, T>(
  action: string,
  options: KeyedPoolOptions<K, T>,
): Settings<K, T> {
  const shared = readShared(action, options);
  const { create, destroy, validate, reset, isBroken, onEvent, max = 10, total = 100 } = options;
  if (typeof max !== "function") {
    checkCount(action, "max", max, "a positive integer or a function");
  }
  checkCount(action, "total", total);
  const maxOf = (key: K): number => {
    if (typeof max !== "function") return max;
    const most = max(key);
    checkCount("acquire from a pool", "max(key)", most);
    return most;
  };
  return {
    ...shared,
    create,
    destroy,
    validate,
    reset,
    isBroken,
    onEvent,
    max: maxOf,
    total,
    min: 0,
    eager: false,
    keyed: true,
  };
}
