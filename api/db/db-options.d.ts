import type { PoolOptions } from "../index.ts";
import type { DbConnection } from "./handle.ts";
import type { Nested } from "./nesting.ts";
import type { ResetMode } from "./session.ts";
type Passed = Pick<PoolOptions<unknown>, "min" | "eager" | "acquireTimeoutMs" | "resetTimeoutMs" | "maxIdleMs" | "maxLifetimeMs" | "lifetimeJitter" | "maxUses" | "onCreateError" | "backoff" | "leakWarnMs" | "name">;
export interface DbPoolOptions extends Passed {
    max?: number | undefined;
    connectTimeoutMs?: number | undefined;
    queryTimeoutMs?: number | undefined;
    cancelTimeoutMs?: number | undefined;
    commitTimeoutMs?: number | undefined;
    rollbackTimeoutMs?: number | undefined;
    reset?: ResetMode | undefined;
    init?: ((connection: DbConnection) => unknown) | undefined;
    nested?: Nested | undefined;
}
export declare function checkDbPool(driver: unknown, options: DbPoolOptions | undefined): void;
export {};
