import type { CancelScope } from "../cancel/scope.ts";
import type { PrimitiveOptions } from "../sync/primitive.ts";
import type { Backoff } from "../resilience/backoff.ts";
import type { PoolEvent } from "./pool-event.ts";
export interface PoolSettings extends PrimitiveOptions {
    acquireTimeoutMs?: number | undefined;
    createTimeoutMs?: number | undefined;
    validateTimeoutMs?: number | undefined;
    resetTimeoutMs?: number | undefined;
    destroyTimeoutMs?: number | undefined;
    maxIdleMs?: number | undefined;
    maxLifetimeMs?: number | undefined;
    lifetimeJitter?: number | undefined;
    maxUses?: number | undefined;
    validateAfterIdleMs?: number | undefined;
    onCreateError?: "reject" | "retry" | undefined;
    backoff?: Backoff | undefined;
    leakWarnMs?: number | undefined;
}
export interface PoolOptions<T> extends PoolSettings {
    create: (scope: CancelScope) => T | PromiseLike<T>;
    destroy?: ((value: T, scope: CancelScope) => unknown) | undefined;
    validate?: ((value: T, scope: CancelScope) => boolean | PromiseLike<boolean>) | undefined;
    reset?: ((value: T, scope: CancelScope) => unknown) | undefined;
    isBroken?: ((error: unknown, value: T) => boolean) | undefined;
    min?: number | undefined;
    max?: number | undefined;
    eager?: boolean | undefined;
    onEvent?: ((event: PoolEvent<T, undefined>) => unknown) | undefined;
}
export interface KeyedPoolOptions<K, T> extends PoolSettings {
    create: (key: K, scope: CancelScope) => T | PromiseLike<T>;
    destroy?: ((value: T, key: K, scope: CancelScope) => unknown) | undefined;
    validate?: ((value: T, key: K, scope: CancelScope) => boolean | PromiseLike<boolean>) | undefined;
    reset?: ((value: T, key: K, scope: CancelScope) => unknown) | undefined;
    isBroken?: ((error: unknown, value: T, key: K) => boolean) | undefined;
    max?: number | ((key: K) => number) | undefined;
    total?: number | undefined;
    onEvent?: ((event: PoolEvent<T, K>) => unknown) | undefined;
}
export interface PoolAcquireOptions {
    signal?: AbortSignal | undefined;
    timeoutMs?: number | undefined;
    name?: string | undefined;
}
export interface PoolCloseOptions {
    graceMs?: number | undefined;
    signal?: AbortSignal | undefined;
}
